// What arrived at a vendor.
import type { ReceivedEvent, StandIn } from '../../../services/sandbox/stand-in.ts'
import type { TestEvent } from '../../support/test-events.ts'

/** Everything that was delivered, repeats that the vendor dropped by itself included. */
export const arrivals = ({ received }: StandIn): ReceivedEvent[] => [
  ...received
    .refused()
    .filter(({ why }) => why === 'deduplicated')
    .toReversed(),
  ...received.last().toReversed(),
]

/** For comparing what came in any order. */
export const idsOf = (events: { id: string }[]): string[] => events.map(({ id }) => id).toSorted()

/** How often each event arrived. */
export function timesArrived(vendor: StandIn, events: TestEvent[]): number[] {
  const counts = new Map<string, number>()
  for (const { id } of arrivals(vendor)) counts.set(id, (counts.get(id) ?? 0) + 1)
  return events.map(({ id }) => counts.get(id) ?? 0)
}

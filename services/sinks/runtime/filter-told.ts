// Tells in the reports topic where each partition stood when an operator changed the filter: a proof of that day counts by it.
import { errorText } from '../../platform/errors.ts'
import type { KafkaClient } from '../../topics/client.ts'
import type { TopicProducer } from '../../topics/produce.ts'
import { type FilterChanged, publishProof } from '../../topics/proofs.ts'
import type { Flow } from './flow.ts'
import { nextOf } from './lane.ts'
import type { readSinkSettings } from './settings.ts'

type InForce = Pick<ReturnType<typeof readSinkSettings>, 'settings'>

/** As an operator sees them in the settings of the sink. */
export const filterOf = ({ settings: { level, types, filterMode } }: InForce): FilterChanged['filter'] => ({
  LOG_LEVEL: level === undefined ? '' : String(level),
  LOG_TYPES: types.join(','),
  LOG_FILTER_MODE: filterMode,
})

/** Call it when the new filter is in force. What cannot be written is left: a proof says then that it does not know these few logs. */
export function tellFilter(
  { client, producer, service, flow }: { client: KafkaClient; producer: TopicProducer; service: string; flow: Flow },
  before: InForce,
  now: InForce,
): void {
  const filter = filterOf(now)
  const partitions = flow
    .lanes()
    .map(({ partition, committed, position }) => ({ partition, next: nextOf(committed), position }))
    .filter(({ next, position }) => position >= next)
  if (partitions.length === 0 || JSON.stringify(filter) === JSON.stringify(filterOf(before))) return
  const record: FilterChanged = { proof: 'filter', id: service, at: new Date().toISOString(), filter, partitions }
  publishProof(client, producer, record).catch((error) =>
    client.log.warn({ error: errorText(error) }, 'where the new filter begins could not be told to proofs of this day'),
  )
}

// Topic to vendor: a sink alone, with all events in the topic before it starts.
import type { Arrived } from './receiver.ts'
import { figures, type Measurement } from './result.ts'
import { startReceiver, startSink, warningsOf } from './services.ts'
import type { Surroundings } from './surroundings.ts'
import { accountProblems, fillTopic } from './topic.ts'

/** Given up when nothing new has come for so long. */
export const QUIET_MS = 30_000

/** From the first event at the vendor to the last one: the sink's start counts neither in time nor in CPU. */
export function measureSink(around: Surroundings, sink: string, events: number): Promise<Measurement> {
  return around.withPrefix(sink, async (prefixed): Promise<Measurement> => {
    await fillTopic(prefixed.client, events)
    const receiver = await startReceiver(around, { sink })
    const service = await startSink(around, prefixed, receiver)
    await receiver.untilUnique(events, QUIET_MS)
    await service.stop()
    const { arrived } = await receiver.stop()
    const { firstUs, lastUs, unique } = arrived
    const problems = [
      ...arrivalProblems(arrived, events),
      ...(await accountProblems(prefixed.client, service.group, events)),
      ...warningsOf(service),
    ]
    const cost = figures(unique, firstUs, lastUs, service.cpuSeconds(firstUs, lastUs), service.peakRssMiB())
    return { ...cost, ratioTo: 'consume', problems }
  })
}

/** What is not as it should be: each event once, nothing refused. */
export function arrivalProblems({ unique, total, counts }: Arrived, events: number): string[] {
  return [
    ...(unique === events ? [] : [`${unique} different events of ${events} arrived`]),
    ...(total === unique ? [] : [`${total - unique} arrived more than once`]),
    ...Object.entries(counts).map(([what, count]) => `the vendor counted ${count} ${what}`),
  ]
}

// Webhook to acknowledgement: the ingest alone, for bodies of several sizes.
import { figures, type Measurement } from './result.ts'
import { runLoad, startIngest, warningsOf } from './services.ts'
import type { Surroundings } from './surroundings.ts'
import { stored } from './topic.ts'

/** The smaller the bodies the fewer events, so that each size takes about as long; more connections, so that as much is under way. */
export const bodies = [
  { perBody: 1, connections: 32, part: 1 / 6 },
  { perBody: 10, connections: 32, part: 1 / 2 },
  { perBody: 100, connections: 16, part: 1 },
]
const LIMIT_MS = 180_000

export function measureIngest(around: Surroundings, events: number, { perBody, connections, part }: (typeof bodies)[number]) {
  return around.withPrefix(`ingest-${perBody}`, async (prefixed): Promise<Measurement> => {
    const count = Math.round(events * part)
    const ingest = await startIngest(around, prefixed)
    const sent = await runLoad(around, ingest, { events: count, perBody, connections, limitMs: LIMIT_MS })
    await ingest.stop()
    const { accepted, refused, problem, fromUs, toUs, p50Ms, p99Ms, maxMs } = sent
    const inTopic = await stored(prefixed.client)
    const problems = [
      ...(refused > 0 ? [`${refused} bodies refused: ${problem}`] : []),
      ...(inTopic === accepted ? [] : [`${accepted} events acknowledged, ${inTopic} in the topic`]),
      ...warningsOf(ingest),
    ]
    const cost = figures(accepted, fromUs, toUs, ingest.cpuSeconds(fromUs, toUs), ingest.peakRssMiB())
    return { ...cost, ratioTo: 'produce', p50Ms, p99Ms, maxMs, problems }
  })
}

// Webhook to vendor at a steady rate: ingest and one sink, how long an event takes through both, and what they cost together.
import { figures, type Measurement } from './result.ts'
import { runLoad, startIngest, startReceiver, startSink, untilReady, warningsOf } from './services.ts'
import { arrivalProblems, QUIET_MS } from './sink.ts'
import type { Surroundings } from './surroundings.ts'
import { accountProblems } from './topic.ts'

/** Events a second, in bodies of ten: far below what either reaches. */
export const RATE = 5_000
const PER_BODY = 10
const CONNECTIONS = 32
const SECONDS = 15
/** Five processes and a broker that have just started compile their code on two cores: that is not what a running pipeline does. */
export const WARM_UP_S = 5
/** Beyond the time that posting takes at this rate. */
const PATIENCE_MS = 60_000

export function measureLatency(around: Surroundings, sink: string, events: number): Promise<Measurement> {
  const measured = Math.ceil(Math.min(events, RATE * SECONDS) / PER_BODY) * PER_BODY
  const posted = RATE * WARM_UP_S + measured
  return around.withPrefix(`latency-${sink}`, async (prefixed): Promise<Measurement> => {
    const receiver = await startReceiver(around, { sink, latencyAfterMs: WARM_UP_S * 1_000 })
    const ingest = await startIngest(around, prefixed)
    const service = await startSink(around, prefixed, receiver)
    await untilReady(service, sink)
    const limitMs = (posted / RATE) * 1_000 + PATIENCE_MS
    const sent = await runLoad(around, ingest, {
      events: posted,
      perBody: PER_BODY,
      connections: CONNECTIONS,
      rate: RATE,
      limitMs,
    })
    await receiver.untilUnique(posted, QUIET_MS)
    await service.stop()
    await ingest.stop()
    const { arrived, latency } = await receiver.stop()
    const fromUs = sent.fromUs + WARM_UP_S * 1e6
    const toUs = arrived.lastUs
    const problems = [
      ...(sent.refused > 0 ? [`${sent.refused} bodies refused: ${sent.problem}`] : []),
      ...arrivalProblems(arrived, posted),
      ...(await accountProblems(prefixed.client, service.group, posted)),
      ...warningsOf(ingest),
      ...warningsOf(service),
    ]
    const cpuSeconds = ingest.cpuSeconds(fromUs, toUs) + service.cpuSeconds(fromUs, toUs)
    const cost = figures(measured, fromUs, toUs, cpuSeconds, ingest.peakRssMiB() + service.peakRssMiB())
    return { ...cost, ...latency, problems }
  })
}

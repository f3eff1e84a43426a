// The bench from its options to its results: the reference first, then each part, as often as asked.
import type { Lifecycle } from '../../services/platform/lifecycle.ts'
import { errorText } from '../../services/platform/errors.ts'
import type { Environment } from '../../services/platform/settings.ts'
import { bodies, measureIngest } from './ingest.ts'
import { measureKafkaTools } from './kafka-tools.ts'
import { measureLatency, RATE, WARM_UP_S } from './latency.ts'
import { type Options, sinks } from './options.ts'
import { type Measurement, medians, type Result } from './result.ts'
import { measureSink } from './sink.ts'
import { prepareSurroundings, type Surroundings } from './surroundings.ts'

/** `results` are the medians of `repeats`. */
export type BenchResults = { results: Result[]; repeats: Result[][] }

/** Runs everything on a broker of its own. A measurement that fails is a problem among the results, and the others go on. */
export async function runBench(
  options: Options,
  env: Environment,
  lifecycle: Lifecycle,
  log: (line: string) => void,
): Promise<BenchResults> {
  const around = await prepareSurroundings(env, lifecycle, log)
  const repeats: Result[][] = []
  for (let repeat = 1; repeat <= options.repeat && !lifecycle.signal.aborted; repeat++) {
    if (options.repeat > 1) log(`repeat ${repeat} of ${options.repeat}`)
    repeats.push(await measureAll(around, options))
  }
  return { results: medians(repeats.flat()), repeats }
}

async function measureAll(around: Surroundings, { only, events }: Options): Promise<Result[]> {
  // Latency at a given rate is no ratio of anything.
  const results = only.some((part) => part !== 'latency') ? await measureReference(around, events) : []
  const [produce, consume] = results.map(({ eventsPerSecond }) => eventsPerSecond)
  for (const { part, work, measure } of works(around, events)) {
    if (!only.includes(part)) continue
    if (around.lifecycle.signal.aborted) break
    around.log(work)
    const measured = await measure().catch(failed)
    const reference = { produce, consume }[measured.ratioTo ?? 'produce']
    const ratio = measured.ratioTo && reference > 0 ? { ratio: measured.eventsPerSecond / reference } : {}
    results.push({ work, ...measured, ...ratio })
  }
  return results
}

function measureReference(around: Surroundings, events: number): Promise<Result[]> {
  return measureKafkaTools(around, events).catch((error) => [{ work: "Kafka's own tools", ...failed(error) }])
}

type Work = { part: string; work: string; measure: () => Promise<Measurement> }

function works(around: Surroundings, events: number): Work[] {
  return [
    ...bodies.map((size) => ({
      part: 'ingest',
      work: `webhook bodies of ${size.perBody} → ack`,
      measure: () => measureIngest(around, events, size),
    })),
    ...sinks.map((sink) => ({ part: sink, work: `topic → ${sink}`, measure: () => measureSink(around, sink, events) })),
    ...sinks.map((sink) => ({
      part: 'latency',
      work: `webhook → ${sink} at ${RATE}/s, after ${WARM_UP_S} s`,
      measure: () => measureLatency(around, sink, events),
    })),
  ]
}

function failed(error: unknown): Measurement {
  const none = Number.NaN
  return {
    events: 0,
    seconds: none,
    eventsPerSecond: none,
    cpuSecondsPer100k: none,
    peakRssMiB: none,
    problems: [errorText(error)],
  }
}

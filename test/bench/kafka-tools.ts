// The measure of all: what this broker takes from, and gives to, Kafka's own ProducerPerformance and ConsumerPerformance.
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { findJava } from '../../services/local/broker/find-java.ts'
import { kafkaArtifacts } from '../../services/local/broker/kafka-artifacts.ts'
import { within } from '../../services/platform/lifecycle.ts'
import { topicNames } from '../../services/topics/names.ts'
import { eventPool } from './events.ts'
import type { Measured } from './measured.ts'
import type { Result } from './result.ts'
import { type Surroundings, untilEnded } from './surroundings.ts'
import { createTopic } from './topic.ts'

/** More than the services get, and never few: a Java needs some hundred thousand records to reach its speed. */
const TIMES = 3
const LEAST_RECORDS = 300_000
const MOST_RECORDS = 1_000_000
/** The best that was found for the tool on one machine: a quarter less CPU than with the defaults. */
const BATCHES = ['batch.size=131072', 'linger.ms=10']
const LIMIT_MS = 120_000
/** As bin/kafka-producer-perf-test.sh of the Kafka distribution has it. */
const HEAP = '-Xmx512m'

/** Produces events of the same sizes into a topic of the same kind, then consumes them. Their CPU time is that of the whole process. */
export function measureKafkaTools(around: Surroundings, events: number): Promise<Result[]> {
  const records = Math.min(MOST_RECORDS, Math.max(LEAST_RECORDS, events * TIMES))
  return around.withPrefix('reference', async ({ prefix, client }) => {
    await createTopic(client)
    const topic = topicNames.events(prefix)
    const java = await javaTools(around)
    const payload = join(around.dir, 'payload.jsonl')
    writeFileSync(
      payload,
      eventPool()
        .map(({ data }) => JSON.stringify(data))
        .join('\n'),
    )

    around.log(`ProducerPerformance: ${records} records`)
    const props = [`bootstrap.servers=${around.brokers}`, 'acks=all', ...BATCHES]
    const produce = ['--topic', topic, '--num-records', String(records), '--payload-file', payload, '--throughput', '-1']
    const produced = await java('ProducerPerformance', [...produce, '--producer-props', ...props])
    // 300000 records sent, 178890.876565 records/sec (…), 121.44 ms avg latency, …
    const rate = Number(/^\d+ records sent, ([\d.]+) records\/sec .*99th/m.exec(produced.output)?.[1])

    around.log(`ConsumerPerformance: ${records} records`)
    const consume = ['--bootstrap-server', around.brokers, '--topic', topic, '--messages', String(records), '--hide-header']
    const consumed = await java('ConsumerPerformance', consume)
    // start.time, end.time, data.consumed.in.MB, MB.sec, data.consumed.in.nMsg, nMsg.sec, rebalance.time.ms, fetch.time.ms, fetch.MB.sec, fetch.nMsg.sec
    const columns =
      consumed.output
        .trim()
        .split('\n')
        .at(-1)
        ?.split(',')
        .map((text) => text.trim()) ?? []
    return [
      toolResult("Kafka's ProducerPerformance", records, rate, produced.child),
      toolResult("Kafka's ConsumerPerformance", Number(columns[4]), Number(columns[9]), consumed.child),
    ]
  })
}

type Run = (tool: string, args: string[]) => Promise<{ child: Measured; output: string }>

async function javaTools(around: Surroundings): Promise<Run> {
  const java = await findJava(around.env)
  if ('problem' in java) throw new Error(`Kafka's own tools need Java: ${java.problem}`)
  const artifacts = await kafkaArtifacts(around.env, around.log, around.lifecycle.signal, around.watch)
  if ('problem' in artifacts) throw new Error(`Kafka's own tools come with Maven: ${artifacts.problem}`)
  const flags = [HEAP, '-Duser.language=en', '-Dorg.slf4j.simpleLogger.defaultLogLevel=error', '-cp', join(artifacts.libs, '*')]
  return async (tool, args) => {
    let output = ''
    const command = { command: java.java, args: [...flags, `org.apache.kafka.tools.${tool}`, ...args] }
    const child = around.start(command, (line) => (output += `${line}\n`))
    await within(untilEnded(child, tool), LIMIT_MS, tool).finally(() => child.end(1_000))
    return { child, output }
  }
}

function toolResult(work: string, events: number, eventsPerSecond: number, child: Measured): Result {
  if (!(events > 0 && eventsPerSecond > 0)) throw new Error(`${work} printed no result: ${child.lastLines().join('; ')}`)
  const seconds = events / eventsPerSecond
  const cpuSecondsPer100k = (child.cpuSeconds() / events) * 1e5
  return { work, events, seconds, eventsPerSecond, cpuSecondsPer100k, peakRssMiB: child.peakRssMiB(), problems: [] }
}

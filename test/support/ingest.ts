// The ingest in this process against a real Kafka, a client for it, and what its topics hold, read by a consumer of its own.
import { spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { type IncomingHttpHeaders, request as httpRequest, type OutgoingHttpHeaders } from 'node:http'
import { request as httpsRequest } from 'node:https'
import { onTestFinished } from 'vitest'
import { startIngest } from '../../services/ingest/run.ts'
import { createLifecycle, sleep, within } from '../../services/platform/lifecycle.ts'
import type { Environment } from '../../services/platform/settings.ts'
import { topicNames } from '../../services/topics/names.ts'
import { testKafka } from './kafka.ts'
import { until } from './wait.ts'

export { newPrefix } from './kafka.ts'

export const TOKEN = 'Bearer a-token-of-the-tests'

/** The least that an ingest needs. */
export const ingestEnv = (brokers: string, prefix: string) => ({
  KAFKA_BROKERS: brokers,
  TOPIC_PREFIX: prefix,
  INGEST_TOKENS: TOKEN,
  INGEST_PORT: '0',
  LOGGER_LEVEL: 'silent',
})

export type Answer = { status: number; headers: IncomingHttpHeaders; text: string; ms: number }
export type Sending = {
  method?: string
  path?: string
  body?: string | Buffer
  headers?: OutgoingHttpHeaders
  /** Trusted for https. */
  ca?: string
}

/** Sends one request as Auth0 would; what `sending` leaves out is right. */
export function send(origin: string, sending: Sending = {}): Promise<Answer> {
  const { method = 'POST', path = '/logs', body = '', headers = { authorization: TOKEN }, ca } = sending
  const request = origin.startsWith('https:') ? httpsRequest : httpRequest
  const before = performance.now()
  const answered = new Promise<Answer>((resolve, reject) => {
    const sent = request(`${origin}${path}`, { method, headers, ca }, (response) => {
      const chunks: Buffer[] = []
      response.on('data', (chunk: Buffer) => chunks.push(chunk))
      response.once('error', reject)
      response.once('end', () =>
        resolve({
          status: response.statusCode ?? 0,
          headers: response.headers,
          text: Buffer.concat(chunks).toString(),
          ms: performance.now() - before,
        }),
      )
    })
    sent.once('error', reject)
    sent.end(body)
  })
  return within(answered, 20_000, 'the answer of the ingest')
}

export type TestIngest = { origin: string; port: number; close: () => Promise<string[]> }

/** Starts the service in this process. @param options ready false: don't wait until it has met Kafka; ca: as in Sending */
export async function openIngest(
  env: Environment,
  { ready = true, ca }: { ready?: boolean; ca?: string } = {},
): Promise<TestIngest> {
  const lifecycle = createLifecycle()
  const { port } = await startIngest(env, lifecycle)
  const origin = `${env.INGEST_TLS_CERT_FILE ? 'https' : 'http'}://127.0.0.1:${port}`
  if (ready) await untilReady(origin, ca)
  return { origin, port, close: () => within(lifecycle.close(), 15_000, 'closing the ingest') }
}

export async function untilReady(origin: string, ca?: string): Promise<void> {
  const ready = () => send(origin, { method: 'GET', path: '/readyz', ca })
  await until('the ingest to be ready', ready, ({ status }) => status === 200)
}

export type IngestProcess = ReturnType<typeof startProcess>

/** Starts the service as a process of its own, with this environment alone. Killed when the test has ended. */
export function startProcess(env: Environment) {
  const child = spawn(process.execPath, ['services/ingest/main.ts'], { env: { PATH: process.env.PATH, ...env } })
  onTestFinished(() => void child.kill('SIGKILL'))
  const output = { out: '', err: '' }
  child.stdout.on('data', (data: Buffer) => (output.out += data.toString()))
  child.stderr.on('data', (data: Buffer) => (output.err += data.toString()))
  const closed = once(child, 'close') as Promise<[number | null]>
  const exited = async () => (await within(closed, 15_000, 'the end of the ingest'))[0]
  return {
    output,
    /** Its exit status. */
    exited,
    /** Where it listens, from its own log: LOGGER_LEVEL must be info. */
    async origin() {
      const port = () => /"port":(\d+)/.exec(output.out)?.[1]
      return `http://127.0.0.1:${await until('the ingest to listen', port, (found) => found !== undefined)}`
    },
    residentMiB: () => Number(/^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${child.pid}/status`, 'utf8'))?.[1]) / 1024,
    /** As a machine that stalls: nothing runs until it is resumed. */
    pause: () => void child.kill('SIGSTOP'),
    resume: () => void child.kill('SIGCONT'),
    signal: (signal: NodeJS.Signals) => void child.kill(signal),
    async end(signal: NodeJS.Signals) {
      child.kill(signal)
      return exited()
    },
  }
}

export type Stored = {
  partition: number
  key: string | null
  value: Buffer
  headers: Record<string, string>
  /** Milliseconds since the epoch. */
  timestamp: number
}

export type Topics = {
  /** All that came into the main topic and the ingest's dead letters since the last call, in order within a partition. */
  news: () => Promise<{ events: Stored[]; letters: Stored[] }>
  close: () => Promise<void>
}

/** Follows both topics; they must exist. */
export async function followTopics(brokers: string, prefix: string): Promise<Topics> {
  const { kafka } = testKafka(brokers, prefix)
  const names = [topicNames.events(prefix), topicNames.deadLetters(prefix, 'ingest')]
  const found = new Map<string, Stored[]>(names.map((name) => [name, []]))
  const next = new Map<string, number>()
  const admin = kafka.admin()
  const consumer = kafka.consumer({
    groupId: `${prefix}.test.${randomUUID()}`,
    allowAutoTopicCreation: false,
    // What a close waits for.
    maxWaitTimeInMs: 200,
  })
  await Promise.all([admin.connect(), consumer.connect()])
  await consumer.subscribe({ topics: names, fromBeginning: true })
  await consumer.run({
    autoCommit: false,
    eachBatch: async ({ batch: { topic, partition, messages } }) => {
      for (const { key, value, headers = {}, timestamp, offset } of messages) {
        const texts = Object.entries(headers).map(([name, text]) => [name, String(text)])
        found.get(topic)?.push({
          partition,
          key: key?.toString() ?? null,
          value: value ?? Buffer.alloc(0),
          headers: Object.fromEntries(texts),
          timestamp: Number(timestamp),
        })
        next.set(`${topic}/${partition}`, Number(offset) + 1)
      }
    },
  })
  const behind = (topic: string, { partition, high }: { partition: number; high: string }) =>
    Number(high) > (next.get(`${topic}/${partition}`) ?? 0)
  return {
    async news() {
      for (const topic of names) {
        const deadline = Date.now() + 10_000
        // A topic just created has no leaders for a moment.
        const ask = (): ReturnType<typeof admin.fetchTopicOffsets> =>
          admin.fetchTopicOffsets(topic).catch((error: { retriable?: boolean }) => {
            if (!error.retriable || Date.now() > deadline) throw error
            return sleep(50).then(ask)
          })
        const ends = await ask()
        while (ends.some((end) => behind(topic, end))) {
          if (Date.now() > deadline) throw new Error(`the records of ${topic} were not read within 10 s`)
          await sleep(2)
        }
      }
      const [events, letters] = names.map((name) => found.get(name)?.splice(0) ?? [])
      return { events, letters }
    },
    async close() {
      await Promise.all([consumer.disconnect(), admin.disconnect()])
    },
  }
}

/** A metric without labels. */
export async function metric(origin: string, name: string): Promise<number> {
  const { text } = await send(origin, { method: 'GET', path: '/metrics' })
  return Number(new RegExp(`^auth0_logs_${name} (\\S+)$`, 'm').exec(text)?.[1])
}

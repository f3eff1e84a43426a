// kill -9 of any one process while 100,000 events pass: at the end every event is at every sink and the account of each adds up.
import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Broker, startBroker } from '../../services/local/broker/broker.ts'
import { startWatchdog } from '../../services/local/watchdog.ts'
import { start as startCloudWatch } from '../../services/sinks/cloudwatch/stand-in/start.ts'
import { start as startPapertrail } from '../../services/sinks/papertrail/stand-in/start.ts'
import { start as startSegment } from '../../services/sinks/segment/stand-in/start.ts'
import { send } from '../../services/sandbox/simulate/send.ts'
import { readAccounts, sumOf } from '../support/account.ts'

const EVENTS = Number(process.env.FAULT_EVENTS ?? 100_000)
const TOKEN = 'faults'
const SINKS = ['cloudwatch', 'segment', 'papertrail'] as const
type Name = 'ingest' | (typeof SINKS)[number]

let broker: Broker
const watchdog = startWatchdog()

beforeAll(async () => {
  broker = await startBroker({
    dataDir: mkdtempSync(join(tmpdir(), 'faults-')),
    log: () => {},
    onLine: () => {},
    env: process.env,
    onStart: watchdog.watch,
  })
}, 60_000)
afterAll(() => broker.discard())

describe.each(['ingest', ...SINKS, 'broker'] as const)('kill -9 of %s', (victim) => {
  it(`${victim} - every event arrives at every sink and each account adds up`, async () => {
    const prefix = `faults.${victim}.${Date.now()}`
    const arrived = new Map<string, Map<string, number>>(SINKS.map((sink) => [sink, new Map()]))
    const count = (sink: string) => ({
      fast: true,
      onEvent: ({ id }: { id: string }) => void arrived.get(sink)!.set(id, (arrived.get(sink)!.get(id) ?? 0) + 1),
    })
    const standIns = {
      cloudwatch: await startCloudWatch(count('cloudwatch')),
      segment: await startSegment(count('segment')),
      papertrail: await startPapertrail(count('papertrail')),
    }
    const services = startServices(prefix, standIns)
    try {
      const port = await services.ingestPort()
      const sent = new Set<string>()
      const sending = send({
        url: `http://127.0.0.1:${port}/logs`,
        token: TOKEN,
        count: EVENTS,
        perBody: 100,
        concurrency: 4,
        limitMs: 200_000,
        onSent: ({ log_id }) => sent.add(log_id),
      })
      const killAt = EVENTS / 3
      await until(() => (victim === 'ingest' || victim === 'broker' ? sent.size : arrived.get(victim)!.size) >= killAt, 120_000)
      if (victim === 'broker') {
        broker.kill()
        await pause(1_000)
        await broker.restart()
      } else {
        services.kill(victim)
        await pause(1_000)
        services.start(victim)
      }
      const { accepted, quarantined } = await sending
      expect({ accepted, quarantined }).toEqual({ accepted: EVENTS, quarantined: 0 })
      expect(sent.size).toBe(EVENTS)
      await until(() => SINKS.every((sink) => arrived.get(sink)!.size >= EVENTS), 120_000)
      await until(async () => (await totals(prefix)).every(({ lag }) => lag === 0), 60_000)
      for (const [i, { problems, ...counts }] of (await totals(prefix)).entries()) {
        const ids = arrived.get(SINKS[i])!
        const repeats = [...ids.values()].reduce((sum, times) => sum + times - 1, 0)
        console.log(
          `kill -9 of ${victim}: ${SINKS[i]} has ${ids.size} of ${EVENTS}, ${repeats} repeated, account ${JSON.stringify(counts)}`,
        )
        expect(problems).toEqual([])
        expect(counts.delivered).toBe(EVENTS)
        expect([...sent].filter((id) => !ids.has(id))).toEqual([])
      }
    } finally {
      await services.stop()
      await Promise.all(Object.values(standIns).map((standIn) => standIn.close()))
    }
  })
})

const totals = (prefix: string) =>
  Promise.all(SINKS.map(async (sink) => sumOf(await readAccounts(broker.brokers, `${prefix}.${sink}`, prefix))))

/** The four services as processes, on this broker and these stand-ins. */
function startServices(
  prefix: string,
  standIns: { cloudwatch: { origin: string }; segment: { origin: string }; papertrail: { port: number; caFile: string } },
) {
  const running = new Map<Name, ChildProcess>()
  let port = 0
  const env = {
    PATH: process.env.PATH,
    KAFKA_BROKERS: broker.brokers,
    TOPIC_PREFIX: prefix,
    KAFKA_SESSION_TIMEOUT: '6',
    LOGGER_LEVEL: 'info',
    INGEST_TOKENS: TOKEN,
    SINK_PORT: '0',
    CLOUDWATCH_LOG_GROUP_NAME: 'g',
    CLOUDWATCH_LOG_STREAM_NAME: 's',
    AWS_REGION: 'us-east-1',
    AWS_ACCESS_KEY_ID: 'a',
    AWS_SECRET_ACCESS_KEY: 'b',
    AWS_ENDPOINT_URL_CLOUDWATCH_LOGS: standIns.cloudwatch.origin,
    SEGMENT_KEY: 'k',
    SEGMENT_HOST: standIns.segment.origin,
    PAPERTRAIL_HOST: '127.0.0.1',
    PAPERTRAIL_PORT: String(standIns.papertrail.port),
    PAPERTRAIL_CA_FILE: standIns.papertrail.caFile,
  }
  const start = (name: Name) => {
    const main = new URL(`../../services/${name === 'ingest' ? 'ingest' : `sinks/${name}`}/main.ts`, import.meta.url).pathname
    const child = spawn(process.execPath, [main], {
      env: { ...env, INGEST_PORT: String(port) },
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    if (child.pid) watchdog.watch({ pid: child.pid })
    let out = ''
    child.stdout?.on('data', (chunk: Buffer) => {
      if (name === 'ingest' && port === 0) {
        out += chunk.toString()
        port = Number(/"port":(\d+)/.exec(out)?.[1] ?? 0)
      }
    })
    running.set(name, child)
  }
  for (const name of ['ingest', ...SINKS] as const) start(name)
  return {
    start,
    kill: (name: Name) => void running.get(name)!.kill('SIGKILL'),
    async ingestPort() {
      await until(() => port > 0, 30_000)
      await until(() => fetch(`http://127.0.0.1:${port}/readyz`).then(({ ok }) => ok), 30_000)
      return port
    },
    async stop() {
      const ends = [...running.values()].map(
        (child) =>
          new Promise((resolve) => (child.exitCode === null && !child.signalCode ? child.once('exit', resolve) : resolve(0))),
      )
      for (const child of running.values()) child.kill('SIGTERM')
      await Promise.race([Promise.all(ends), pause(15_000)])
      for (const child of running.values()) child.kill('SIGKILL')
    },
  }
}

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))

async function until(holds: () => boolean | Promise<boolean>, limitMs: number): Promise<void> {
  const end = Date.now() + limitMs
  while (!(await holds())) {
    if (Date.now() > end) throw new Error(`waited ${limitMs} ms for ${holds}`)
    await pause(100)
  }
}

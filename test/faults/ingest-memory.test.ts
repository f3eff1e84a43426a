// Bodies made to fill the memory of an ingest, by a sender that has a token. Throughout each of them the process stays small, and all
// other senders are answered within a second.
import { mkdtempSync, rmSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import { availableParallelism, loadavg, tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { type Broker, startBroker } from '../../services/local/broker/broker.ts'
import { startWatchdog } from '../../services/local/watchdog.ts'
import { sleep } from '../../services/platform/lifecycle.ts'
import { ingestEnv, type IngestProcess, newPrefix, send, startProcess, TOKEN, untilReady } from '../support/ingest.ts'

const MOST_MIB = 500
/** On a free machine; where more processes want to run than there are cores, each wait is as many times longer. */
const LONGEST_MS = 1_000
const slowdown = () => Math.max(1, loadavg()[0] / availableParallelism())
const MIB = 1024 * 1024

const dataDir = mkdtempSync(join(tmpdir(), 'ingest-memory-'))
let broker: Broker
let child: IngestProcess
let origin: string
let port: number

beforeAll(async () => {
  const watchdog = startWatchdog()
  const log = (): void => {}
  broker = await startBroker({ dataDir, log, onLine: log, env: process.env, onStart: watchdog.watch })
})
beforeEach(async () => {
  child = startProcess({ ...ingestEnv(broker.brokers, newPrefix()), LOGGER_LEVEL: 'info' })
  origin = await child.origin()
  port = Number(new URL(origin).port)
  await untilReady(origin)
})
afterAll(async () => {
  await broker?.discard()
  rmSync(dataDir, { recursive: true, force: true })
})

/** Another sender, as long as the attack lasts: one event every 100 ms. Answers the statuses, the longest wait and the peak memory. */
async function during(
  attack: Promise<unknown>,
): Promise<{ statuses: Record<number, number>; longestMs: number; peakMiB: number }> {
  const statuses: Record<number, number> = {}
  let over = false
  let longestMs = 0
  let peakMiB = 0
  let sent = 0
  const memory = setInterval(() => (peakMiB = Math.max(peakMiB, child.residentMiB())), 20)
  const answered = async () => {
    const before = performance.now()
    const status = await send(origin, { body: `{"log_id":"other-${++sent}","data":{"type":"s"}}` }).then(
      (answer) => answer.status,
      () => 0,
    )
    statuses[status] = (statuses[status] ?? 0) + 1
    longestMs = Math.max(longestMs, performance.now() - before)
  }
  const asking: Promise<void>[] = []
  const sender = (async () => {
    while (!over) {
      asking.push(answered())
      await sleep(100)
    }
  })()
  try {
    await attack
  } finally {
    over = true
    await sender
    await Promise.all(asking)
    clearInterval(memory)
  }
  console.log(JSON.stringify({ statuses, longestMs: Math.round(longestMs), peakMiB: Math.round(peakMiB), slowdown: slowdown() }))
  return { statuses, longestMs, peakMiB }
}

function expectWell({ statuses, longestMs, peakMiB }: Awaited<ReturnType<typeof during>>): void {
  expect(statuses[0], 'senders without an answer').toBe(undefined)
  expect(peakMiB).toBeLessThanOrEqual(MOST_MIB)
  expect(longestMs).toBeLessThanOrEqual(LONGEST_MS * slowdown())
}

const post = (body: Buffer, headers = {}) =>
  send(origin, { body, headers: { authorization: TOKEN, 'content-encoding': 'gzip', ...headers } }).then(
    ({ status }) => status,
    () => 0,
  )
const many = (count: number, one: () => Promise<number>) => Promise.all(Array.from({ length: count }, one))

/** A request of which only the headers and a beginning were sent. */
function begun(length: number, beginning: Buffer | string): Socket {
  const socket = connect(port, '127.0.0.1')
  socket.on('error', () => {})
  socket.resume()
  socket.write(`POST /logs HTTP/1.1\r\nHost: x\r\nAuthorization: ${TOKEN}\r\nContent-Length: ${length}\r\n\r\n`)
  socket.write(beginning)
  return socket
}

test('a small body of 16 million elements - is refused', async () => {
  const bomb = gzipSync(`[${'1,'.repeat(16_200_000)}1]`)
  const answers = many(5, () => post(bomb))
  expectWell(await during(answers))
  expect(await answers).toEqual([413, 413, 413, 413, 413])
})

test('bodies of nothing but broken parts - are put aside a few at a time', async () => {
  const bomb = gzipSync(`[${'1,'.repeat(20_000)}1]`)
  const answers = many(5, () => post(bomb))
  expectWell(await during(answers))
  expect(new Set(await answers)).toEqual(new Set([200]))
})

test('60 small bodies of one event with a type of 30 MiB - leave nothing behind', async () => {
  const bombs = Array.from({ length: 60 }, (_, i) =>
    gzipSync(`{"log_id":"t${i}","data":{"type":"${String(i)}${'x'.repeat(30 * MIB)}"}}`, { level: 1 }),
  )
  let next = 0
  const answers = many(60, () => post(bombs[next++]))
  expectWell(await during(answers))
  expect((await answers).every((status) => status === 200 || status === 503)).toBe(true)
})

test('200 connections that send their headers first and 31 MiB each then - find room for some', async () => {
  const body = Buffer.alloc(31 * MIB, 0x20)
  const attack = async () => {
    const sockets = Array.from({ length: 200 }, () => begun(body.length, ''))
    await sleep(500)
    for (const socket of sockets) socket.write(body)
    await Promise.race([
      Promise.all(sockets.map((socket) => new Promise((resolve) => socket.once('close', resolve)))),
      sleep(8_000),
    ])
    for (const socket of sockets) socket.destroy()
  }
  expectWell(await during(attack()))
})

test('50,000 events with a traceparent of 14 KB - are stored without it', async () => {
  const events = Array.from({ length: 50_000 }, (_, i) => `{"log_id":"p${i}","data":{}}`)
  const answer = post(gzipSync(`[${events.join()}]`), { traceparent: 'a'.repeat(14_000) })
  expectWell(await during(answer))
  expect(await answer).toBe(200)
})

test('10 bodies that stall above the high water - hold up nobody for longer than two seconds', async () => {
  const sockets = Array.from({ length: 10 }, () => begun(31 * MIB, Buffer.alloc(20 * MIB, 0x20)))
  const attack = sleep(10_000)
  const well = await during(attack)
  for (const socket of sockets) socket.destroy()
  expectWell(well)
  // 100 bodies in ten seconds, refused at most while the stalled ones had their time of grace.
  expect(well.statuses[200]).toBeGreaterThan(70)
})

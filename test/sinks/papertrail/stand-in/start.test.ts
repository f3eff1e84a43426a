// The Papertrail stand-in over TLS, TCP and UDP.
import { createSocket } from 'node:dgram'
import { existsSync, readFileSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import { expect, onTestFinished, test } from 'vitest'
import type { StandInOptions } from '../../../../services/sandbox/stand-in.ts'
import { type Papertrail, start as startPapertrail } from '../../../../services/sinks/papertrail/stand-in/start.ts'

const time = '2026-03-04T05:06:07.890Z'
const message = (id: string, more = '') => `<30>1 ${time} host auth0 - s - {"log_id":"${id}"${more}}`
/** A message of exactly so many bytes. */
const sized = (id: string, bytes: number) => message(id, `,"x":"${'x'.repeat(bytes - message(id, ',"x":""').length)}"`)

const eventually = <T>(value: () => T) => expect.poll(value, { timeout: 5_000 })

async function start(options: StandInOptions = {}): Promise<Papertrail> {
  const papertrail = await startPapertrail(options)
  onTestFinished(papertrail.close)
  return papertrail
}

function use<S extends Socket>(socket: S, event = 'connect'): Promise<S> {
  onTestFinished(() => void socket.destroy())
  return new Promise((resolve, reject) => {
    socket.once('error', reject)
    socket.once(event, () => {
      socket.off('error', reject)
      socket.on('error', () => undefined)
      resolve(socket)
    })
  })
}

const open = (p: Papertrail, host = '127.0.0.1') =>
  use(connectTls({ host, port: p.port, ca: readFileSync(p.caFile) }), 'secureConnect')
const openTcp = (p: Papertrail) => use(connect(p.tcpPort, '127.0.0.1'))
const ids = (p: Papertrail) => p.received.last().map(({ id }) => id)
const closed = (socket: Socket) => new Promise<void>((resolve) => void socket.once('close', () => resolve()))

test('Papertrail - takes messages over TLS, verified by its own CA, and keeps header, text and log_id', async () => {
  const papertrail = await start({ countIds: true })
  const socket = await open(papertrail, 'localhost')
  expect(socket.authorized).toBe(true)
  socket.write(`${message('1')}\n${message('2')}\n${message('2')}\n`)
  await eventually(() => papertrail.received.total).toBe(3)
  expect(papertrail.received).toMatchObject({ unique: 2, bytes: 3 * message('1').length })
  expect(papertrail.received.last(1)).toEqual([
    {
      id: '2',
      time: Date.parse(time),
      text: '{"log_id":"2"}',
      fields: { facility: 3, severity: 6, host: 'host', app: 'auth0', procId: '-', msgId: 's', data: '-' },
    },
  ])
})

test('Papertrail - is not trusted without its CA', async () => {
  const papertrail = await start()
  await expect(use(connectTls({ host: '127.0.0.1', port: papertrail.port }), 'secureConnect')).rejects.toMatchObject({
    code: 'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  })
})

test('Papertrail - takes octet counting too, and plain TCP', async () => {
  const papertrail = await start()
  const socket = await openTcp(papertrail)
  socket.write(`${message('1').length} ${message('1')}${message('2').length} ${message('2')}`)
  socket.end(`${message('3')}\n${message('4')}`)
  await eventually(() => ids(papertrail)).toEqual(['4', '3', '2', '1'])
})

test('Papertrail - takes 100,000 bytes of a message and cuts what is over', async () => {
  const papertrail = await start()
  const socket = await open(papertrail)
  socket.write(`${sized('1', 100_000)}\n${sized('2', 100_001)}\n${message('3')}\n`)
  await eventually(() => papertrail.received.total).toBe(3)
  const [third, second, first] = papertrail.received.last()
  const header = message('').indexOf('{')
  expect([first, second].map(({ text }) => text.length + header)).toEqual([100_000, 100_000])
  expect([first.id, second.id, third.id]).toEqual(['1', '2', '3'])
  expect(papertrail.received.counts).toEqual({ truncated: 1 })
})

test('Papertrail - takes 1,024 bytes of a datagram and cuts what is over', async () => {
  const papertrail = await start()
  const socket = createSocket('udp4')
  onTestFinished(() => void socket.close())
  socket.send(sized('1', 1_024), papertrail.udpPort, '127.0.0.1')
  await eventually(() => ids(papertrail)).toEqual(['1'])
  socket.send(sized('2', 1_025), papertrail.udpPort, '127.0.0.1')
  await eventually(() => papertrail.received.total).toBe(2)
  const lengths = papertrail.received.last().map(({ text }) => text.length)
  expect([lengths[0] === lengths[1], papertrail.received.counts]).toEqual([true, { truncated: 1 }])
})

test('Papertrail - sets aside what is malformed', async () => {
  const papertrail = await start()
  const socket = await openTcp(papertrail)
  socket.write(`{"log_id":"1"}\n${message('2')}\n`)
  await eventually(() => ids(papertrail)).toEqual(['2'])
  expect(papertrail.received.counts).toEqual({ malformed: 1 })
  expect(papertrail.received.refused()).toMatchObject([{ text: '{"log_id":"1"}', why: 'malformed' }])
})

test('Papertrail - reset cuts an idle connection at once; what a later one writes is lost', async () => {
  const papertrail = await start()
  const idle = await open(papertrail)
  idle.write(`${message('1')}\n`)
  await eventually(() => ids(papertrail)).toEqual(['1'])
  const cut = closed(idle)
  papertrail.misbehave('reset', 2)
  await cut
  const next = await open(papertrail)
  const cutToo = closed(next)
  await new Promise((resolve) => next.write(`${message('2')}\n`, resolve))
  await cutToo
  const last = await open(papertrail)
  last.write(`${message('3')}\n`)
  await eventually(() => ids(papertrail)).toEqual(['3', '1'])
  expect(papertrail.received.counts).toEqual({ faults: 2 })
})

test('Papertrail - hang reads no further, so that the writer is held back, until it behaves', async () => {
  const papertrail = await start({ fast: true })
  const socket = await open(papertrail)
  papertrail.misbehave('hang')
  const events = 400
  let drained = false
  for (let n = 0; n < events; n++) socket.write(`${sized('1', 90_000)}\n`)
  socket.once('drain', () => {
    drained = true
  })
  await eventually(() => papertrail.received.counts.faults).toBe(1)
  await new Promise((resolve) => setTimeout(resolve, 200))
  // A second read would be a second fault.
  expect([papertrail.received.total, papertrail.received.counts.faults, drained]).toEqual([0, 1, false])
  papertrail.behave()
  await eventually(() => papertrail.received.total).toBe(events)
  expect(drained).toBe(true)
})

test('Papertrail - slow reads later', async () => {
  const papertrail = await start()
  const socket = await openTcp(papertrail)
  papertrail.misbehave({ fault: 'slow', ms: 200, times: 1 })
  const started = performance.now()
  socket.write(`${message('1')}\n`)
  await eventually(() => papertrail.received.total).toBe(1)
  expect(performance.now() - started).toBeGreaterThanOrEqual(195)
})

test('Papertrail - knows no faults that syslog cannot show', async () => {
  const papertrail = await start()
  expect(() => papertrail.misbehave('429')).toThrow('papertrail cannot show this fault: it knows hang, reset, slow, not 429')
})

test('Papertrail - closes with connections open, and takes its file with it', async () => {
  const papertrail = await startPapertrail()
  const socket = await open(papertrail)
  expect(existsSync(papertrail.caFile)).toBe(true)
  const cut = closed(socket)
  const started = performance.now()
  await papertrail.close()
  await cut
  expect(performance.now() - started).toBeLessThan(1_000)
  expect(existsSync(papertrail.caFile)).toBe(false)
})

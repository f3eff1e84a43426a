// Bodies over real sockets: compressed, too large, slow, cut off.
import { connect } from 'node:net'
import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, inject, onTestFinished, test } from 'vitest'
import { sleep, within } from '../../services/platform/lifecycle.ts'
import { followTopics, ingestEnv, metric, openIngest, send, type TestIngest, TOKEN, type Topics } from '../support/ingest.ts'
import { newPrefix } from '../support/kafka.ts'
import { until } from '../support/wait.ts'

/** The default of INGEST_MAX_BYTES. */
const LIMIT = 32 * 1024 * 1024

/** What a quick test decompresses. */
const SMALL_LIMIT = 1024 * 1024

let ingest: TestIngest
/** The same, with INGEST_MAX_BYTES. */
let small: TestIngest
let topics: Topics
beforeAll(async () => {
  const env = ingestEnv(inject('brokers'), newPrefix())
  ingest = await openIngest(env)
  small = await openIngest({ ...env, INGEST_MAX_BYTES: String(SMALL_LIMIT) })
  topics = await followTopics(inject('brokers'), env.TOPIC_PREFIX)
})
afterAll(async () => {
  await topics?.close()
  await small?.close()
  await ingest?.close()
})

const event = (id: string) => `{"log_id":"${id}","data":{"id":"${id}"}}`
const keys = async () => {
  const { events, letters } = await topics.news()
  expect(letters).toEqual([])
  return events.map(({ key }) => key)
}
const post = (body: string | Buffer, encoding?: string, to = ingest) =>
  send(to.origin, { body, headers: { authorization: TOKEN, ...(encoding ? { 'content-encoding': encoding } : {}) } })

/** A request whose bytes the test writes one by one. `answered` resolves with what came until the server closed. */
function open(headers: string) {
  const socket = connect(ingest.port, '127.0.0.1')
  onTestFinished(() => void socket.destroy())
  socket.write(`POST /logs HTTP/1.1\r\nHost: x\r\nAuthorization: ${TOKEN}\r\n${headers}\r\n\r\n`)
  const answered = new Promise<string>((resolve) => {
    let text = ''
    socket.on('data', (data: Buffer) => (text += data.toString()))
    socket.on('error', () => resolve(text)) // a reset, while more is written than anybody reads
    socket.on('close', () => resolve(text))
  })
  return { socket, answered: () => within(answered, 5_000, 'the answer') }
}

describe('too large', () => {
  test('by its content-length - is 413 before anything of it is sent', async () => {
    const { answered } = open(`Content-Length: ${LIMIT + 1}`)
    expect(await answered()).toMatch(/^HTTP\/1\.1 413 [^]*connection: close[^]*"error":"too_large"/i)
  })

  test('as it arrives - is 413 as soon as the limit is passed, though more is announced', async () => {
    const { socket, answered } = open('Transfer-Encoding: chunked')
    socket.write(`${(LIMIT + 2).toString(16)}\r\n`)
    socket.write(Buffer.alloc(LIMIT + 1, 0x20))
    expect(await answered()).toMatch(/^HTTP\/1\.1 413 [^]*"error":"too_large"/)
  })

  test.each([
    ['gzip', gzipSync],
    ['deflate', deflateSync],
    ['deflate', deflateRawSync],
    ['br', brotliCompressSync],
  ])('decompressed from %s - is 413; a body of the limit itself is taken', async (encoding, compress) => {
    const padded = (bytes: number) => compress(event('fits').padStart(bytes))
    expect((await post(padded(SMALL_LIMIT + 1), encoding, small)).status).toBe(413)
    expect((await post(padded(SMALL_LIMIT), encoding, small)).text).toBe('{"accepted":1,"quarantined":0}')
    expect(await keys()).toEqual(['fits'])
  })

  test('a small body that would be large - is 413', async () => {
    const bomb = gzipSync(Buffer.alloc(LIMIT + 1), { level: 1 })
    expect((await post(bomb, 'gzip')).status).toBe(413)
    expect(await keys()).toEqual([])
  })

  test('33 MiB without a content-length - is 413 to an ordinary client', async () => {
    const body = Buffer.alloc(LIMIT + 1024 * 1024, 0x20)
    const headers = { authorization: TOKEN, 'transfer-encoding': 'chunked' }
    expect((await send(ingest.origin, { body, headers })).status).toBe(413)
    expect(await keys()).toEqual([])
  })
})

describe('compression that is broken', () => {
  const whole = Buffer.from(Array.from({ length: 50 }, (_, i) => event(`lost-${i}`)).join('\n'))
  test.each([
    ['gzip', 'cut off', gzipSync(whole).subarray(0, -20)],
    ['gzip', 'not there', whole],
    ['gzip', 'of a wrong sum', Buffer.concat([gzipSync(whole).subarray(0, -8), Buffer.alloc(8)])],
    ['deflate', 'cut off', deflateSync(whole).subarray(0, -20)],
    ['deflate', 'not there', Buffer.from('\xff\xfe\xfd hello', 'latin1')],
    ['br', 'cut off', brotliCompressSync(whole).subarray(0, -20)],
  ])('%s %s - is kept as it was sent', async (encoding, _, body) => {
    const answer = await post(body, encoding)
    expect([answer.status, answer.text]).toEqual([200, '{"accepted":0,"quarantined":1}'])
    const { events, letters } = await topics.news()
    expect(events).toEqual([])
    expect(letters).toMatchObject([{ key: null, headers: { reason: 'bad_encoding', log_id: '', stage: 'receive' } }])
    expect(letters[0].value.equals(body)).toBe(true)
  })

  test('of an empty body - does not matter', async () => {
    expect((await post('', 'gzip')).text).toBe('{"accepted":0,"quarantined":0}')
    expect(await keys()).toEqual([])
  })
})

describe('a sender', () => {
  const inFlight = () => metric(ingest.origin, 'ingest_in_flight_bytes')

  test('that takes two seconds - is waited for', async () => {
    const body = `${event('slow-1')}\n${event('slow-2')}`
    const { socket, answered } = open(`Content-Length: ${body.length}\r\nConnection: close`)
    for (let at = 0; at < body.length; at += 4) {
      socket.write(body.slice(at, at + 4))
      await sleep((4 / body.length) * 2_000)
    }
    expect(await answered()).toMatch(/^HTTP\/1\.1 200 [^]*\{"accepted":2,"quarantined":0\}$/)
    expect((await keys()).toSorted()).toEqual(['slow-1', 'slow-2'])
  })

  test.each(['Content-Length: 100000', 'Transfer-Encoding: chunked'])(
    'that vanishes in the middle (%s) - has sent nothing',
    async (headers) => {
      const { socket } = open(headers)
      socket.write(headers.startsWith('T') ? `1000\r\n${event('gone')}\n` : `${event('gone')}\n`)
      await until('the bytes to arrive', inFlight, (bytes) => bytes > 0)
      socket.destroy()
      await until('the bytes to be given up', inFlight, (bytes) => bytes === 0)
      expect((await post(event('next'))).status).toBe(200)
      expect(await keys()).toEqual(['next'])
    },
  )
})

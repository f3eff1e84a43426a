// The sender against a receiver on a real socket.
import { expect, test } from 'vitest'
import { bodyFormats } from '../../../services/sandbox/simulate/body.ts'
import { send, type SendOptions } from '../../../services/sandbox/simulate/send.ts'
import { startReceiver } from './ingest.ts'

const base = { token: 'Bearer  a b', count: 250, limitMs: 10_000 } satisfies Partial<SendOptions>

test.each(bodyFormats)('send - posts all events as %s, in bodies of the size asked, with the token as it is', async (format) => {
  const { url, posts, ids } = await startReceiver()
  const result = await send({ ...base, url, format, perBody: 100 })
  expect(result).toMatchObject({ sent: 250, accepted: 250, quarantined: 0, repeated: 0, lost: 0, retries: 0 })
  expect(new Set(ids()).size).toBe(250)
  expect(posts.map((post) => post.ids.length).toSorted((a, b) => a - b)).toEqual([50, 100, 100])
  expect(posts[0].headers).toMatchObject({ authorization: 'Bearer  a b', 'content-type': 'application/json' })
  expect(posts[0].text[0]).toBe(format === 'JSONARRAY' ? '[' : '{')
})

test('send - tries again after any refusal and broken connection, until all is taken', async () => {
  const problems: string[] = []
  const { url, ids } = await startReceiver((response, nth) => {
    if (nth === 1) response.writeHead(401).end('wrong token')
    else if (nth === 2) response.socket?.destroy()
    else if (nth === 3) response.writeHead(301, { location: '/' }).end()
    else return false
    return true
  })
  const onProgress: SendOptions['onProgress'] = (_, problem) => void (problem && problems.push(problem))
  const result = await send({ ...base, url, concurrency: 1, onProgress })
  expect(result).toMatchObject({ sent: 250, accepted: 250, retries: 3 })
  expect(new Set(ids()).size).toBe(250)
  expect(problems[0]).toBe('answer 401: wrong token')
}, 15_000)

test('send - waits as long as Retry-After says', async () => {
  const { url, posts } = await startReceiver((response, nth) => {
    if (nth === 1) response.writeHead(503, { 'retry-after': '1' }).end()
    return nth === 1
  })
  const started = performance.now()
  await send({ ...base, count: 1, url })
  expect(posts[0].at - started).toBeGreaterThanOrEqual(990)
})

test('send - takes a limit that is no whole number, as a count divided by a rate is', async () => {
  const { url } = await startReceiver()
  expect(await send({ ...base, count: 1, url, limitMs: (400 / 3) * 1_000 })).toMatchObject({ sent: 1, accepted: 1 })
})

test('send - gives up when the time is up, and says what was not accepted', async () => {
  const { url } = await startReceiver((response) => {
    response.writeHead(503).end()
    return true
  })
  const result = await send({ ...base, count: 10, url, limitMs: 400 })
  expect(result).toMatchObject({ sent: 10, accepted: 0 })
  expect(result.retries).toBeGreaterThanOrEqual(1)
  expect(result.seconds).toBeLessThan(2)
})

test('send - gives up on an ingest that never answers when the time is up', async () => {
  const { url } = await startReceiver(() => true)
  const result = await send({ ...base, count: 10, url, limitMs: 300 })
  expect(result).toMatchObject({ sent: 10, accepted: 0 })
  expect(result.seconds).toBeLessThan(2)
})

test('send - ends early when told, and finishes what is under way', async () => {
  const { url, ids } = await startReceiver()
  const stop = new AbortController()
  const result = await send({ ...base, count: Infinity, perBody: 10, url, signal: stop.signal, onProgress: () => stop.abort() })
  expect(result.sent).toBeGreaterThanOrEqual(10)
  expect([result.accepted, ids().length]).toEqual([result.sent, result.sent])
})

test('send - that begins nothing more posts what was refused again until it is taken', async () => {
  const end = new AbortController()
  const { url, ids } = await startReceiver((response, nth) => {
    if (nth > 1) return false
    end.abort()
    response.writeHead(503).end('Kafka is away')
    return true
  })
  const result = await send({ ...base, count: Infinity, perBody: 10, concurrency: 1, url, end: end.signal })
  expect(result).toMatchObject({ sent: 10, accepted: 10, retries: 1 })
  expect(ids()).toHaveLength(10)
})

test('send - keeps to the rate', async () => {
  const { url, posts } = await startReceiver()
  const started = performance.now()
  const { seconds } = await send({ ...base, count: 60, rate: 100, perBody: 10, url })
  expect(seconds).toBeGreaterThanOrEqual(0.58)
  for (const [nth, { at }] of posts.entries()) expect(at - started).toBeGreaterThanOrEqual(nth * 100 + 80)
})

test('send - repeats bodies on demand', async () => {
  const { url, ids } = await startReceiver()
  const result = await send({ ...base, url, perBody: 10, repeat: 1 })
  expect(result).toMatchObject({ sent: 500, accepted: 500, repeated: 250 })
  expect([ids().length, new Set(ids()).size]).toEqual([500, 250])
})

test('send - loses events on demand and says which', async () => {
  const { url, ids } = await startReceiver()
  const sent: string[] = []
  const lost: string[] = []
  const result = await send({
    ...base,
    url,
    lose: 0.5,
    onSent: ({ log_id }) => void sent.push(log_id),
    onLost: ({ log_id }) => void lost.push(log_id),
  })
  expect(result).toMatchObject({ sent: sent.length, accepted: sent.length, lost: lost.length })
  expect([lost.length > 50, sent.length > 50, sent.length + lost.length]).toEqual([true, true, 250])
  expect(ids().toSorted()).toEqual(sent.toSorted())
})

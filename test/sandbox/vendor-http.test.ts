// The faults that every vendor over HTTP shows alike, seen at Segment's.
import { Agent, request } from 'node:http'
import { connect } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import { start as startSegment } from '../../services/sinks/segment/stand-in/start.ts'

const eventually = <T>(value: () => T) => expect.poll(value, { timeout: 5_000 })

async function start() {
  const segment = await startSegment()
  onTestFinished(segment.close)
  const post = (limitMs = 5_000) =>
    fetch(`${segment.origin}/v1/batch`, {
      method: 'POST',
      headers: { authorization: 'Basic a2V5Og==' },
      body: JSON.stringify({ batch: [{ type: 'identify', userId: 'u' }] }),
      signal: AbortSignal.timeout(limitMs),
    })
  return { segment, post }
}

test('HTTP faults - reset cuts the connection without an answer', async () => {
  const { segment, post } = await start()
  segment.misbehave('reset', 2)
  const failure = await post().catch((error: unknown) => error)
  expect((failure as Error).cause).toMatchObject({ code: 'ECONNRESET' })
  await expect(post()).rejects.toThrow()
  expect((await post()).status).toBe(200)
  expect(segment.received).toMatchObject({ total: 1, counts: { faults: 2 } })
})

test('HTTP faults - hang gives no answer, until the stand-in behaves and lets go', async () => {
  const { segment, post } = await start()
  segment.misbehave('hang')
  await expect(post(200)).rejects.toMatchObject({ name: 'TimeoutError' })
  const hanging = post().catch((error: unknown) => error)
  await eventually(() => segment.received.counts.faults).toBe(2)
  segment.behave()
  expect(await hanging).toBeInstanceOf(TypeError)
  expect((await post()).status).toBe(200)
})

test('HTTP faults - slow takes its time, then takes the events', async () => {
  const { segment, post } = await start()
  segment.misbehave({ fault: 'slow', ms: 150 }, 1)
  const started = performance.now()
  expect((await post()).status).toBe(200)
  expect(performance.now() - started).toBeGreaterThanOrEqual(145)
})

test('HTTP faults - closing waits for nobody that hangs', async () => {
  const { segment, post } = await start()
  segment.misbehave('hang')
  const hanging = post().catch((error: unknown) => error)
  await eventually(() => segment.received.counts.faults).toBe(1)
  const started = performance.now()
  await segment.close()
  expect(performance.now() - started).toBeLessThan(1_000)
  expect(await hanging).toBeInstanceOf(TypeError)
})

test('HTTP stand-ins - a body without end is answered 413 and not read on', async () => {
  const { segment } = await start()
  const socket = connect(segment.port, segment.host)
  onTestFinished(() => void socket.destroy())
  socket.on('error', () => undefined)
  socket.write('POST /v1/batch HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n')
  const chunk = `100000\r\n${'x'.repeat(0x100000)}\r\n`
  for (let i = 0; i < 20; i++) socket.write(chunk)
  const answer = await new Promise<string>((resolve) => socket.once('data', (data) => resolve(data.toString())))
  expect(answer).toContain('413')
})

test('HTTP faults - answer is whatever stands between: status, headers and body as they are given', async () => {
  const { segment, post } = await start()
  segment.misbehave({ fault: 'answer', body: '<p>Sign in</p>' })
  const page = await post()
  expect([page.status, page.headers.get('content-type'), await page.text()]).toEqual([200, 'text/html', '<p>Sign in</p>'])
  segment.misbehave({ fault: 'answer', status: 204, times: 1 })
  expect((await post()).status).toBe(204)
  segment.misbehave({
    fault: 'answer',
    status: 403,
    headers: { 'content-type': 'text/plain', via: 'a proxy' },
    body: 'no',
    bodyBytes: 7,
  })
  const refused = await post()
  expect([refused.status, refused.headers.get('via'), await refused.text()]).toEqual([403, 'a proxy', 'nononon'])
  expect(segment.received).toMatchObject({ total: 0, counts: { faults: 3 } })
})

test('HTTP faults - reused means requests on connections that were answered before, overBytes larger bodies', async () => {
  const { segment } = await start()
  const agent = new Agent({ keepAlive: true, maxSockets: 1 })
  onTestFinished(() => agent.destroy())
  const post = () =>
    new Promise<number | undefined>((resolve, reject) => {
      const headers = { authorization: 'Basic a2V5Og==' }
      const sent = request(`${segment.origin}/v1/batch`, { method: 'POST', agent, headers }, (response) => {
        response.resume().once('end', () => setImmediate(resolve, response.statusCode)) // by then the connection is free again
      })
      sent.once('error', reject).end(JSON.stringify({ batch: [] }))
    })
  segment.misbehave({ fault: 'answer', status: 503, reused: true })
  expect([await post(), await post(), await post()]).toEqual([200, 503, 503])
  segment.misbehave({ fault: 'reset', reused: true })
  await expect(post()).rejects.toMatchObject({ code: 'ECONNRESET' })
  expect(await post()).toBe(200)
  segment.misbehave({ fault: 'answer', status: 413, overBytes: 10 })
  expect(await post()).toBe(413)
  segment.misbehave({ fault: 'answer', status: 413, overBytes: 12 })
  expect(await post()).toBe(200)
})

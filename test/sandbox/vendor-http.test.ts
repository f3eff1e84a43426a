// The faults that every vendor over HTTP shows alike, seen at Segment's.
import { connect } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import { startSegment } from '../../services/sandbox/segment.ts'

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

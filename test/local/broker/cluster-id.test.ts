// The question who listens on a port, asked of things that are no Kafka; the broker's test asks a real one.
import { once } from 'node:events'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { afterEach, expect, test } from 'vitest'
import { askClusterId } from '../../../services/local/broker/cluster-id.ts'
import { freePort } from '../../../services/local/ports.ts'

const closers: (() => void)[] = []
afterEach(() => {
  for (const close of closers.splice(0)) close()
})

async function listen(answer: (socket: Socket) => void): Promise<number> {
  const server = createServer((socket) => {
    closers.push(() => socket.destroy())
    socket.on('error', () => {})
    answer(socket)
  }).listen(0, '127.0.0.1')
  closers.push(() => server.close())
  await once(server, 'listening')
  return (server.address() as AddressInfo).port
}

test('askClusterId - nobody listens', async () => {
  expect(await askClusterId(await freePort(), 1_000)).toBeUndefined()
})

test('askClusterId - an HTTP server is no Kafka', async () => {
  const port = await listen((socket) => socket.end('HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n'))
  expect(await askClusterId(port, 1_000)).toBeUndefined()
})

test('askClusterId - one that never answers is waited for until the limit only', async () => {
  const port = await listen(() => {})
  const started = performance.now()
  expect(await askClusterId(port, 200)).toBeUndefined()
  expect(performance.now() - started).toBeLessThan(1_000)
})

test('askClusterId - an answer in pieces', async () => {
  // As a 4.1.1 broker sent it: size, correlation, tags, throttle, error, message, "cluster-1", controller, brokers…
  const answer = Buffer.concat([
    Buffer.from([0, 0, 0, 26, 0, 0, 0, 7, 0, 0, 0, 0, 0, 0, 0, 0, 10]),
    Buffer.from('cluster-1'),
    Buffer.from([0, 0, 0, 1]),
  ])
  const port = await listen((socket) => {
    socket.write(answer.subarray(0, 9))
    setTimeout(() => socket.write(answer.subarray(9)), 20)
  })
  expect(await askClusterId(port, 1_000)).toBe('cluster-1')
})

// Behind a forward proxy: sinks over HTTP as processes, with Node's own switch, dial nobody but the proxy.
import { spawn } from 'node:child_process'
import { type AddressInfo, createServer } from 'node:net'
import { text } from 'node:stream/consumers'
import { expect, it, onTestFinished } from 'vitest'

const vendors = {
  segment: { SEGMENT_KEY: 'k', SEGMENT_HOST: 'https://vendor.invalid' },
  cloudwatch: {
    CLOUDWATCH_LOG_GROUP_NAME: 'auth0',
    CLOUDWATCH_LOG_STREAM_NAME: 'logs',
    AWS_REGION: 'us-east-1',
    AWS_ACCESS_KEY_ID: 'id',
    AWS_SECRET_ACCESS_KEY: 'secret',
  },
}

it.each([
  ['segment', 'CONNECT vendor.invalid:443 HTTP/1.1'],
  ['cloudwatch', 'CONNECT logs.us-east-1.amazonaws.com:443 HTTP/1.1'],
] as const)("%s - goes through HTTPS_PROXY, and tells the proxy's own answer", async (sink, asked) => {
  const requests: string[] = []
  const proxy = createServer((socket) => {
    socket.on('error', () => {})
    socket.once('data', (head: Buffer) => {
      requests.push(head.toString().split('\r\n')[0])
      socket.end('HTTP/1.1 407 Proxy Authentication Required\r\ncontent-length: 0\r\n\r\n')
    })
  })
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => void proxy.close())
  const address = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`
  const env = {
    PATH: process.env.PATH,
    KAFKA_BROKERS: '127.0.0.1:1',
    NODE_USE_ENV_PROXY: '1',
    HTTPS_PROXY: address,
    ...vendors[sink],
  }
  const main = new URL(`../../services/sinks/${sink}/main.ts`, import.meta.url).pathname
  const child = spawn(process.execPath, [main, '--check', '--network'], { env, stdio: ['ignore', 'pipe', 'inherit'] })
  const { problems } = JSON.parse(await text(child.stdout)) as { problems: { setting: string; problem: string }[] }
  expect(problems).toEqual([{ setting: sink, problem: expect.stringContaining('407 Proxy Authentication Required') }])
  expect(requests).toEqual([asked])
})

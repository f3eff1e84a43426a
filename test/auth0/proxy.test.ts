// A network whose only way out is a proxy: the Management API is reached through it with Node's own switch, NO_PROXY is respected.
import { execFile } from 'node:child_process'
import { createServer, request as httpRequest } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import { start as startAuth0 } from '../../services/sandbox/auth0/start.ts'

/** Leads every request to this port, whatever host it names, and remembers that host. */
async function openProxy(to: number) {
  const asked: string[] = []
  const proxy = createServer((request, response) => {
    const { pathname, search, host } = new URL(request.url ?? '/', 'http://nowhere')
    asked.push(host)
    const options = { host: '127.0.0.1', port: to, path: pathname + search, method: request.method, headers: request.headers }
    request.pipe(httpRequest(options, (answer) => void answer.pipe(response.writeHead(answer.statusCode ?? 502, answer.headers))))
  })
  proxy.on('connect', (request, socket) => {
    asked.push(request.url ?? '')
    const through = connect(to, '127.0.0.1', () => void socket.write('HTTP/1.1 200 OK\r\n\r\n'))
    through.pipe(socket).pipe(through)
    for (const one of [through, socket]) one.on('error', () => one.destroy())
  })
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    proxy.closeAllConnections()
    proxy.close()
  })
  return { asked, origin: `http://127.0.0.1:${(proxy.address() as AddressInfo).port}` }
}

test('NODE_USE_ENV_PROXY=1 - token and calls go through HTTP_PROXY; a host of NO_PROXY is dialled directly', async () => {
  const auth0 = await startAuth0()
  onTestFinished(() => auth0.close())
  const proxy = await openProxy(auth0.port)
  const register = (env: Record<string, string>) =>
    new Promise<string>((resolve) => {
      const args = ['services/cli/main.ts', 'register', '--url', 'https://logs.example.com/logs', '--dry-run']
      const own = {
        PATH: process.env.PATH,
        NODE_USE_ENV_PROXY: '1',
        HTTP_PROXY: proxy.origin,
        HTTPS_PROXY: proxy.origin,
        AUTH0_API_URL: 'http://tenant.invalid',
        AUTH0_DOMAIN: auth0.domain,
        AUTH0_CLIENT_ID: auth0.clientId,
        AUTH0_CLIENT_SECRET: auth0.clientSecret,
        INGEST_TOKENS: 'x',
      }
      execFile(process.execPath, args, { env: { ...own, ...env } }, (_, stdout, stderr) => resolve(stdout + stderr))
    })
  expect(await register({})).toContain('would be created')
  expect(proxy.asked.length).toBeGreaterThan(0)
  expect(proxy.asked.every((host) => host.startsWith('tenant.invalid'))).toBe(true)
  const before = proxy.asked.length
  expect(await register({ AUTH0_API_URL: auth0.origin, NO_PROXY: '127.0.0.1' })).toContain('would be created')
  expect(proxy.asked.length).toBe(before)
})

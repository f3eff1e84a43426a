// The image's health check, as Docker runs it.
import { execFile } from 'node:child_process'
import { createServer } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { promisify } from 'node:util'
import { expect, it, onTestFinished } from 'vitest'
import { makeCertificates } from '../../services/sandbox/certificate.ts'

const SCRIPT = new URL('../../services/deploy/healthcheck.mjs', import.meta.url).pathname

/** Its exit status. */
async function check(env: Record<string, string>): Promise<number> {
  const run = promisify(execFile)(process.execPath, [SCRIPT], { env, timeout: 10_000 })
  return run.then(
    () => 0,
    (error: { code: number }) => error.code,
  )
}

async function serve(status: number, server: ReturnType<typeof createServer> | ReturnType<typeof createTlsServer>) {
  server.on('request', (_, response) => response.writeHead(status).end())
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => void server.close())
  return `127.0.0.1:${(server.address() as AddressInfo).port}/livez`
}

it.each([
  [200, 0],
  [204, 0],
  [302, 1],
  [404, 1],
  [503, 1],
])('answer %s - status %s', async (answer, status) => {
  expect(await check({ HEALTH_URL: `http://${await serve(answer, createServer())}` })).toBe(status)
})

it('nobody answers - status 1', async () => {
  expect(await check({ HEALTH_URL: 'http://127.0.0.1:1/livez' })).toBe(1)
})

it('a proxy - is not asked', async () => {
  const proxy = `http://${await serve(502, createServer())}`.replace('/livez', '')
  const url = `http://${await serve(200, createServer())}`
  expect(await check({ HEALTH_URL: url, HTTP_PROXY: proxy, NODE_USE_ENV_PROXY: '1' })).toBe(0)
})

it('an ingest with a certificate - is asked by https, whoever signed the certificate', async () => {
  const { cert, key } = makeCertificates(Date.now())
  const url = `http://${await serve(200, createTlsServer({ cert, key }))}`
  expect(await check({ HEALTH_URL: url, INGEST_TLS_CERT_FILE: '/files/cert.pem' })).toBe(0)
  expect(await check({ HEALTH_URL: url })).toBe(1)
})

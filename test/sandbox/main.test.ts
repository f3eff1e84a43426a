// The sandbox as a process.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'

function run(env: Record<string, string>) {
  const child = spawn(process.execPath, ['services/sandbox/main.ts'], { env: { PATH: process.env.PATH, ...env } })
  onTestFinished(() => void child.kill('SIGKILL'))
  const output = { out: '', err: '' }
  child.stdout.on('data', (data: Buffer) => (output.out += data.toString()))
  child.stderr.on('data', (data: Buffer) => (output.err += data.toString()))
  return { child, output, exited: once(child, 'exit') as Promise<[number | null]> }
}

type Line = {
  sandbox: {
    control: { origin: string }
    standIns: Record<string, { origin: string; host: string; port: number; caFile?: string }>
  }
}

test('sandbox - tells its addresses in one line, serves, and ends with SIGTERM', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'sandbox-'))
  onTestFinished(() => rmSync(dir, { recursive: true }))
  const { child, output, exited } = run({ SANDBOX_DIR: join(dir, 'new') })
  await expect.poll(() => output.out, { timeout: 10_000 }).toMatch(/\n$/)
  const { control, standIns } = (JSON.parse(output.out) as Line).sandbox
  expect(Object.keys(standIns)).toEqual(['cloudwatch', 'papertrail', 'segment', 'auth0', 'slack'])
  const { cloudwatch, papertrail, auth0 } = standIns
  expect(cloudwatch).toEqual({ origin: `http://127.0.0.1:${cloudwatch.port}`, host: '127.0.0.1', port: cloudwatch.port })
  expect(papertrail).toMatchObject({
    origin: `tls://127.0.0.1:${papertrail.port}`,
    caFile: join(dir, 'new', 'papertrail-ca.pem'),
  })
  expect(existsSync(papertrail.caFile ?? '')).toBe(true)
  expect(auth0).toEqual({
    origin: `http://127.0.0.1:${auth0.port}`,
    host: '127.0.0.1',
    port: auth0.port,
    domain: 'northwind.eu.auth0.com',
    clientId: 'sandbox-client',
    clientSecret: 'sandbox-secret',
  })
  expect((await fetch(control.origin)).status).toBe(200)
  child.kill('SIGTERM')
  expect(await exited).toEqual([0, null])
  expect([output.out.split('\n').length, output.err]).toEqual([2, ''])
}, 20_000)

test('sandbox - listens where SANDBOX_HOST says, and says so', async () => {
  const { output } = run({ SANDBOX_HOST: 'localhost' })
  await expect.poll(() => output.out, { timeout: 10_000 }).toMatch(/\n$/)
  const { control, standIns } = (JSON.parse(output.out) as Line).sandbox
  for (const { origin, host, port } of Object.values(standIns)) {
    expect([host, origin]).toEqual(['localhost', expect.stringMatching(new RegExp(`^(http|tls)://localhost:${port}$`))])
  }
  expect((await fetch(control.origin)).status).toBe(200)
  expect((await fetch(standIns.segment.origin)).status).toBe(404)
}, 20_000)

test('sandbox - refuses wrong settings with status 2', async () => {
  const { output, exited } = run({ SANDBOX_PORT: '70000', SANDBOX_SLACK_PORT: 'x' })
  expect(await exited).toEqual([2, null])
  expect(output.err).toContain('SANDBOX_PORT: must be a whole number from 0 to 65535')
  expect(output.err).toContain('SANDBOX_SLACK_PORT')
}, 20_000)

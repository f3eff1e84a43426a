// The certificates that outlive the sandbox.
import { X509Certificate } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { keptCertificates } from '../../../../services/sinks/papertrail/stand-in/kept-certificates.ts'

const now = Date.parse('2026-03-04T05:06:07.000Z')

function folder(): string {
  const dir = mkdtempSync(join(tmpdir(), 'certificates-'))
  onTestFinished(() => rmSync(dir, { recursive: true }))
  return join(dir, 'new')
}

test('kept certificates - the same ones at the next start, the key for its owner only', async () => {
  const dir = folder()
  const first = await keptCertificates(dir, 'sandbox', now)
  expect(await keptCertificates(dir, 'sandbox', now + 1_000)).toEqual(first)
  expect(readFileSync(first.caFile, 'utf8')).toBe(first.ca)
  expect(statSync(join(dir, 'papertrail-key.pem')).mode & 0o777).toBe(0o600)
  expect(new X509Certificate(first.cert).checkHost('sandbox')).toBe('sandbox')
})

test('kept certificates - an address needs no name of its own', async () => {
  const dir = folder()
  const first = await keptCertificates(dir, '127.0.0.1', now)
  expect(new X509Certificate(first.cert).subjectAltName).toBe('DNS:localhost, IP Address:127.0.0.1, IP Address:0:0:0:0:0:0:0:1')
  expect(await keptCertificates(dir, '127.0.0.1', now)).toEqual(first)
})

test('kept certificates - new ones for another host, and where one file is gone', async () => {
  const dir = folder()
  const first = await keptCertificates(dir, 'one', now)
  const second = await keptCertificates(dir, 'two', now)
  expect(new X509Certificate(second.cert).checkHost('two')).toBe('two')
  rmSync(join(dir, 'papertrail-key.pem'))
  const third = await keptCertificates(dir, 'two', now)
  expect(new Set([first.ca, second.ca, third.ca]).size).toBe(3)
  expect(readFileSync(third.caFile, 'utf8')).toBe(third.ca)
})

// The hand-made certificates, judged by node's own reader; the handshake is in papertrail.test.ts.
import { createPrivateKey, X509Certificate } from 'node:crypto'
import { expect, test } from 'vitest'
import { makeCertificates } from '../../services/sandbox/certificate.ts'

const now = Date.parse('2026-03-04T05:06:07.000Z')

test('certificates - the server has one for this machine, from a CA that signs itself', () => {
  const made = makeCertificates(now)
  const ca = new X509Certificate(made.ca)
  const server = new X509Certificate(made.cert)
  expect([ca.ca, server.ca]).toEqual([true, false])
  expect([ca.verify(ca.publicKey), server.verify(ca.publicKey), server.checkIssued(ca)]).toEqual([true, true, true])
  expect([server.checkHost('localhost'), server.checkIP('127.0.0.1'), server.checkIP('::1')]).toEqual([
    'localhost',
    '127.0.0.1',
    '::1',
  ])
  expect(server.checkHost('example.com')).toBeUndefined()
  expect(server.checkPrivateKey(createPrivateKey(made.key))).toBe(true)
})

test('certificates - valid from a day before they were made, for ten years', () => {
  const { validFromDate, validToDate } = new X509Certificate(makeCertificates(now).cert)
  expect([validFromDate.toISOString(), validToDate.toISOString()]).toEqual([
    '2026-03-03T05:06:07.000Z',
    '2036-03-01T05:06:07.000Z',
  ])
})

test('certificates - the server has further names where they are asked for', () => {
  const server = new X509Certificate(makeCertificates(now, ['sandbox', 'b.example']).cert)
  expect(['sandbox', 'b.example', 'localhost'].map((name) => server.checkHost(name))).toEqual([
    'sandbox',
    'b.example',
    'localhost',
  ])
})

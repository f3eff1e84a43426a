// `auth0-logs prove`, `proofs` and `--verify` on a command line: what they say, what they write, and their exit status.
import { generateKeyPairSync } from 'node:crypto'
import { mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, inject, test } from 'vitest'
import type { Certificate } from '../../services/topics/proof-records.ts'
import { announce, closeOperators, openOperator, serviceRecord } from '../operations/announced.ts'
import { newPrefix } from '../support/kafka.ts'
import { auth0Logs } from './terminal.ts'

afterAll(closeOperators)

const pair = generateKeyPairSync('ed25519')
const PROVE_KEY = pair.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
const PUBLIC = pair.publicKey.export({ type: 'spki', format: 'pem' }).toString()
const folder = () => mkdtempSync(join(tmpdir(), 'prove-'))
const day = new Date(Date.now() - 86_400_000).toISOString().slice(0, 10)

async function installed() {
  const prefix = newPrefix()
  const { client, producer } = openOperator(inject('brokers'), prefix)
  await announce(client, producer, [serviceRecord(prefix, 'segment')])
  const env = { KAFKA_BROKERS: inject('brokers'), TOPIC_PREFIX: prefix, PROVE_KEY }
  return (args: string[], more = {}) => auth0Logs(args, { ...env, ...more })
}

describe('prove', { concurrent: true, timeout: 60_000 }, () => {
  test('--no-auth0 --out - says the verdict and what was not checked, and writes a file that is verified without Kafka', async () => {
    const run = await installed()
    const file = join(folder(), 'certificate.json')
    const { status, out, err } = await run(['prove', '--day', day, '--no-auth0', '--out', file])
    expect([status, err]).toEqual([0, ''])
    expect(out).toContain(`${day} in UTC: not decidable`)
    expect(out).toContain('Auth0 was not asked: whether the topic holds all that Auth0 has is not known')
    expect(out).toContain('segment: complete')
    expect(readdirSync(join(file, '..'))).toEqual(['certificate.json'])

    const nobody = { KAFKA_BROKERS: '', TOPIC_PREFIX: '' }
    const verified = await auth0Logs(['prove', '--verify', file], { ...nobody, PROVE_KEY: PUBLIC })
    expect([verified.status, verified.err]).toEqual([0, ''])
    expect(verified.out).toContain('is as it was made, signed by the key')
    const text = readFileSync(file, 'utf8')
    writeFileSync(file, text.replace('"verdict": "not_decidable"', '"verdict": "complete"'))
    const changed = await auth0Logs(['prove', '--verify', file, '--json'], { ...nobody, PROVE_KEY: PUBLIC })
    expect(changed.status).toBe(1)
    expect(JSON.parse(changed.out)).toMatchObject({ ok: false, problems: [expect.stringMatching(/signature does not fit/)] })

    const listed = await run(['proofs'])
    expect(listed.out).toMatch(new RegExp(`${day} +UTC +not decidable +\\?{24}`))
    const again = join(folder(), 'again.json')
    expect((await run(['proofs', day, '--out', again])).status).toBe(0)
    expect(readFileSync(again, 'utf8')).toBe(text)
  })

  test('--json - is the certificate, and nothing else', async () => {
    const run = await installed()
    const { status, out } = await run(['prove', '--day', day, '--zone', 'Europe/Berlin', '--no-auth0', '--json'])
    expect(status).toBe(0)
    expect(JSON.parse(out) as Certificate).toMatchObject({
      certificate: 'day',
      day,
      zone: 'Europe/Berlin',
      sinks: [{ sink: 'segment' }],
    })
  })

  test('wrong use - is told, with exit status 2; what cannot be done with 1', async () => {
    const run = await installed()
    for (const [args, status, words, more] of [
      [['prove', '--day', '2999-01-01', '--no-auth0'], 2, 'has not begun yet', {}],
      [['prove', '--day', 'someday'], 2, 'must be a day such as 2026-01-31', {}],
      [['prove', '--zone', 'Nowhere/At-All'], 2, 'must be a time zone', {}],
      [['prove', '--day', day, '--no-auth0'], 2, 'PROVE_KEY: must be an Ed25519 key', { PROVE_KEY: 'no-key' }],
      [['prove', '--day', day], 1, 'No ingest here reads the Management API', {}],
      [['prove', '--verify', join(folder(), 'nothing.json')], 1, 'cannot be read', {}],
      [['proofs', day], 1, 'was not proved yet', {}],
      [['prove', '--day', day, '--no-auth0', '--out', '/proc/nowhere/certificate.json'], 1, 'not written to /proc/nowhere', {}],
    ] as const) {
      const said = await run([...args], more)
      expect([args.join(' '), said.status, said.err.replaceAll(/\s+/g, ' ')]).toEqual([
        args.join(' '),
        status,
        expect.stringContaining(words),
      ])
      expect(said.err).not.toContain('no-key')
    }
  })
})

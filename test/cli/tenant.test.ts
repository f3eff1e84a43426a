// `register` and `validate` against a tenant and a Kafka.
import { mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import { presentValidated } from '../../services/cli/present/own.ts'
import { createStyle } from '../../services/cli/terminal.ts'
import { neededAcls } from '../../services/cli/validate/acls.ts'
import { checkAuth0, checkKafka } from '../../services/cli/validate/network.ts'
import { type Validated, validate } from '../../services/cli/validate/validate.ts'
import type { Problem } from '../../services/platform/errors.ts'
import { type Auth0StandIn, start as startAuth0 } from '../../services/sandbox/auth0/start.ts'
import { ensureTopics } from '../../services/topics/create.ts'
import { newPrefix, testKafka } from '../support/kafka.ts'
import { auth0Logs } from './terminal.ts'

let tenant: Auth0StandIn
beforeAll(async () => {
  tenant = await startAuth0()
})
afterAll(() => tenant.close())

const roots: string[] = []
afterAll(() => roots.forEach((root) => rmSync(root, { recursive: true })))

const auth0 = () => ({
  AUTH0_API_URL: tenant.origin,
  AUTH0_DOMAIN: tenant.domain,
  AUTH0_CLIENT_ID: tenant.clientId,
  AUTH0_CLIENT_SECRET: tenant.clientSecret,
  INGEST_TOKENS: 'Bearer one, two',
})
const whole = () => ({ PATH: process.env.PATH, KAFKA_BROKERS: inject('brokers'), TOPIC_PREFIX: newPrefix(), ...auth0() })
describe('register', () => {
  test('a name that there is not - creates the stream; once more updates it, whole sink and all', async () => {
    const url = 'https://logs.example.com/logs'
    expect(await auth0Logs(['register', '--url', url], auth0())).toMatchObject({
      status: 0,
      out: expect.stringContaining('created'),
    })
    const [made] = tenant.streams()
    expect(made).toMatchObject({ name: 'auth0-log-pipeline', type: 'http', status: 'active' })
    expect(made.sink).toMatchObject({ httpEndpoint: url, httpAuthorization: 'Bearer one', httpContentFormat: 'JSONLINES' })
    const again = await auth0Logs(
      ['register', '--url', 'https://b.example.com/logs', '--token', 'two', '--format', 'JSONARRAY', '--json'],
      auth0(),
    )
    expect(JSON.parse(again.out)).toMatchObject({ done: 'updated', id: made.id, warnings: [] })
    expect(again.out).not.toContain('two')
    expect(tenant.streams()).toHaveLength(1)
    expect(tenant.streams()[0].sink).toEqual({
      httpEndpoint: 'https://b.example.com/logs',
      httpAuthorization: 'two',
      httpContentFormat: 'JSONARRAY',
      httpContentType: 'application/json',
    })
  })

  test.each([
    ['http', ['--url', 'http://logs.example.com/logs'], 2, /must be https/],
    ['no address', ['--url', 'logs'], 2, /must be the https address/],
    ['an unknown format', ['--url', 'https://x.example.com/logs', '--format', 'XML'], 2, /must be one of JSONLINES/],
    ['no url', [], 2, /required option '--url/],
  ])('%s - is refused before Auth0 is asked', async (_, args, status, words) => {
    expect(await auth0Logs(['register', ...args], { ...auth0(), AUTH0_API_URL: 'http://127.0.0.1:1' })).toMatchObject({
      status,
      err: expect.stringMatching(words),
    })
  })

  test('a wrong secret, or a missing scope - says what to fix', async () => {
    const wrong = await auth0Logs(['register', '--url', 'https://x.example.com/logs'], { ...auth0(), AUTH0_CLIENT_SECRET: 'no' })
    expect(wrong).toMatchObject({ status: 1, err: expect.stringMatching(/AUTH0_CLIENT_SECRET/) })
    tenant.change({ scopes: ['read:logs'] })
    const denied = await auth0Logs(['register', '--url', 'https://x.example.com/logs'], auth0())
    tenant.change({ scopes: ['read:logs', 'read:log_streams', 'create:log_streams', 'update:log_streams'] })
    expect(denied).toMatchObject({ status: 1, err: expect.stringMatching(/scope read:log_streams/) })
  })
})

/** A project of these services alone: each is a process that has to be asked. */
function rootOf(...services: string[]): string {
  const root = mkdtempSync(join(tmpdir(), 'auth0-logs-validate-'))
  roots.push(root)
  mkdirSync(join(root, 'sinks'))
  for (const service of services) symlinkSync(resolve('services', service), join(root, service))
  return root
}
const signal = new AbortController().signal
const settingsOf = ({ problems }: { problems: Problem[] }) => problems.map(({ setting }) => setting)

describe('validate', { concurrent: true }, () => {
  test('settings only - every problem of every service that is set, at once, each once; slips are named', async () => {
    const env = { PATH: process.env.PATH, SEGMENT_HOST: 'x', PAPERTRAIL_PRT: '3', TOPIC_PREFIX: 'a b' }
    const { status, out } = await auth0Logs(['validate', '--no-network', '--json'], env, {
      servicesRoot: rootOf('ingest', 'sinks/segment', 'sinks/papertrail'),
    })
    const { ok, problems } = JSON.parse(out) as Validated
    expect([status, ok]).toEqual([1, false])
    const expected = ['INGEST_TOKENS', 'KAFKA_BROKERS', 'PAPERTRAIL_PORT', 'SEGMENT_HOST', 'SEGMENT_KEY', 'TOPIC_PREFIX']
    expect(settingsOf({ problems }).toSorted()).toEqual(expected)
    expect(problems.find(({ setting }) => setting === 'PAPERTRAIL_PORT')?.problem).toContain('did you mean PAPERTRAIL_PORT?')
  })

  test('all is right - and what is not set up is not looked at', async () => {
    const result = await validate(rootOf('ingest', 'sinks/cloudwatch'), whole(), { network: true, signal })
    expect(result).toMatchObject({ ok: true, problems: [], checked: ['ingest'], unset: ['cloudwatch'] })
    const style = createStyle({ write: () => {} }, {})
    expect(presentValidated(result, neededAcls('p', result.sinks), true, style)).toMatch(/✓ ingest: OK[\s\S]*logs:PutLogEvents/)
  })

  test('a sink that cannot be written to - is a problem with the words of its own check', async () => {
    const env = { ...whole(), PAPERTRAIL_HOST: '127.0.0.1', PAPERTRAIL_PORT: '9' }
    const root = rootOf('ingest', 'sinks/papertrail')
    const { problems } = await validate(root, env, { network: true, signal })
    expect(problems).toEqual([{ setting: 'papertrail', problem: expect.stringMatching(/cannot be written to: .*ECONNREFUSED/) }])
  })

  test('Kafka away - is a problem of KAFKA_BROKERS, within 10 s', async () => {
    const begun = performance.now()
    const { problems } = await checkKafka({ KAFKA_BROKERS: '127.0.0.1:1' }, ['ingest'])
    expect(problems).toEqual([{ setting: 'KAFKA_BROKERS', problem: expect.stringContaining('does not answer at 127.0.0.1:1') }])
    expect(performance.now() - begun).toBeLessThan(9_500)
  })

  test('topics - missing ones where none is created, more copies than brokers, differing settings', async () => {
    const env = whole()
    const missing = await checkKafka({ ...env, KAFKA_CREATE_TOPICS: 'false' }, ['ingest', 'segment'])
    expect(missing.problems).toEqual([
      { setting: 'KAFKA_CREATE_TOPICS', problem: expect.stringContaining(`${env.TOPIC_PREFIX}.dead-letter.segment`) },
    ])
    expect(settingsOf(await checkKafka({ ...env, KAFKA_REPLICATION_FACTOR: '3' }, []))).toEqual(['KAFKA_REPLICATION_FACTOR'])
    await ensureTopics(testKafka(env.KAFKA_BROKERS, env.TOPIC_PREFIX), ['events', 'reports', 'control'])
    const { problems, warnings } = await checkKafka({ ...env, LOG_RETENTION_DAYS: '7' }, [])
    expect(problems).toEqual([])
    expect(warnings.join('\n')).toMatch(/retention\.ms is 3024000000, the settings here say 604800000/)
  })
})

describe('validate, the tenant', () => {
  test('the log stream - a token that is not accepted, a paused one, one that there is not', async () => {
    await auth0Logs(['register', '--url', 'https://c.example.com/logs', '--token', 'two'], auth0())
    expect(settingsOf(await checkAuth0(auth0(), signal))).toEqual([])
    const other = await checkAuth0({ ...auth0(), INGEST_TOKENS: 'three' }, signal)
    expect(other.problems).toEqual([{ setting: 'INGEST_TOKENS', problem: expect.stringContaining('401') }])
    expect(settingsOf(await checkAuth0({ ...auth0(), AUTH0_LOG_STREAM: 'another' }, signal))).toEqual(['AUTH0_LOG_STREAM'])
    tenant.streams()[0].status = 'suspended'
    const suspended = await checkAuth0(auth0(), signal)
    expect(suspended.problems).toEqual([{ setting: 'AUTH0_LOG_STREAM', problem: expect.stringContaining('is suspended') }])
  })

  test('a scope that is missing - is a problem; that of the streams only where they are needed', async () => {
    tenant.change({ scopes: ['read:logs'] })
    const polling = await checkAuth0(auth0(), signal)
    expect([polling.problems, polling.warnings.length]).toEqual([[], 1])
    expect(settingsOf(await checkAuth0({ ...auth0(), BACKFILL: 'reconcile' }, signal))).toEqual(['AUTH0_CLIENT_ID'])
    tenant.change({ scopes: [] })
    expect((await checkAuth0(auth0(), signal)).problems).toEqual([
      { setting: 'AUTH0_CLIENT_ID', problem: expect.stringContaining('scope read:logs') },
    ])
  })
})

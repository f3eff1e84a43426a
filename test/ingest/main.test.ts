// The ingest as a process: it serves, it ends, it refuses bad settings.
import { expect, inject, test } from 'vitest'
import { followTopics, ingestEnv, send, startProcess, untilReady } from '../support/ingest.ts'
import { newPrefix } from '../support/kafka.ts'

test('ingest - stores what it is sent, and ends with SIGTERM', async () => {
  const env = ingestEnv(inject('brokers'), newPrefix())
  const ingest = startProcess({ ...env, LOGGER_LEVEL: 'info' })
  const origin = await ingest.origin()
  await untilReady(origin)
  expect((await send(origin, { body: '{"log_id":"1","data":{"type":"s"}}' })).text).toBe('{"accepted":1,"quarantined":0}')
  expect(await ingest.end('SIGTERM')).toBe(0)
  expect(ingest.output.err).toBe('')
  const lines = ingest.output.out
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as object)
  expect(lines).toContainEqual(expect.objectContaining({ level: 'info', service: 'ingest', message: 'listening' }))
  const topics = await followTopics(env.KAFKA_BROKERS, env.TOPIC_PREFIX)
  const { events } = await topics.news()
  expect(events.map(({ key, value }) => `${key} ${value.toString()}`)).toEqual(['1 {"type":"s"}'])
  await topics.close()
})

test('bad settings - end it with status 2, every problem on a line of stderr, no secret among them', async () => {
  const secrets = {
    INGEST_TOKENS: 'token-of-mine',
    REDACT_KEY: '',
    KAFKA_SASL_PASSWORD: 'password-of-mine',
    INGEST_TOKEN: 'typo-of-mine',
  }
  const ingest = startProcess({
    ...secrets,
    KAFKA_BROKERS: 'kafka',
    TOPIC_PREFIX: 'a b',
    INGEST_PORT: '99999',
    INGEST_MAX_BYTES: '1 MB',
    INGEST_ACK_TIMEOUT: '0',
    INGEST_HIGH_WATER_BYTES: '-1',
    INGEST_TLS_CERT_FILE: '/nowhere/cert.pem',
    INGEST_REDACT: 'ip:hash',
    KAFKA_COMPRESSION: 'brotli',
    LOGGER_LEVEL: 'loud',
  })
  expect(await ingest.exited()).toBe(2)
  const names = ingest.output.err
    .trimEnd()
    .split('\n')
    .map((line) => /^([A-Z_]+): \S/.exec(line)?.[1] ?? line)
  const ofIngest = ['ACK_TIMEOUT', 'HIGH_WATER_BYTES', 'MAX_BYTES', 'PORT', 'REDACT', 'TLS_CERT_FILE', 'TOKEN']
  const others = ['KAFKA_BROKERS', 'KAFKA_COMPRESSION', 'LOGGER_LEVEL', 'TOPIC_PREFIX']
  expect(names.toSorted()).toEqual([...ofIngest.map((name) => `INGEST_${name}`), ...others])
  expect(ingest.output.err).toContain('INGEST_TOKEN: is not a setting: did you mean INGEST_TOKENS?')
  expect(ingest.output.err + ingest.output.out).not.toMatch(/-of-mine/)
})

test('no settings at all - says what is needed', async () => {
  const ingest = startProcess({ INGEST_TOKENS: ' , ' })
  expect(await ingest.exited()).toBe(2)
  expect(ingest.output.err.split('\n')).toEqual([
    expect.stringMatching(/^KAFKA_BROKERS: is missing: /),
    'INGEST_TOKENS: holds no token',
    '',
  ])
})

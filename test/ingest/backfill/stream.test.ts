// What a log stream leaves out, and what it hides.
import { describe, expect, test } from 'vitest'
import type { HttpStream } from '../../../services/auth0/client.ts'
import { parseRedaction, type Rule } from '../../../services/events/redact.ts'
import { describeStream, type Stream } from '../../../services/ingest/backfill/stream.ts'

const stream = (more: object = {}): HttpStream =>
  ({
    id: 'lst_1',
    name: 'ours',
    type: 'http',
    status: 'active',
    sink: { httpEndpoint: 'https://x.test/logs' },
    ...more,
  }) as HttpStream
const rules = (text: string): Rule[] => {
  const parsed = parseRedaction(text, 'key')
  return 'value' in parsed ? parsed.value : []
}
const piiOf = (...kinds: string[]) => ({ pii_config: { log_fields: kinds, method: 'mask' } })
const described = (more: object, redact = '') => describeStream([stream(more)], '', rules(redact))
const problemOf = (more: object, redact = '') => (described(more, redact) as { problem?: string }).problem

describe('pii_config', () => {
  test.each([
    ['username', 'username:mask', 'user_name:mask'],
    ['username', 'user_name:mask', 'username:mask'],
    ['username', '', 'username:mask,user_name:mask'],
    ['first_name', '', 'first_name:mask,given_name:mask,name:mask'],
    ['last_name', 'name:drop', 'last_name:mask,family_name:mask'],
    ['email', 'username:mask', 'email:mask'],
    ['phone', 'phone:mask', 'phone_number:mask,old_phone_number:mask,new_phone_number:mask'],
    ['address', '', 'address:mask'],
    ['toString', '', 'toString:mask'],
  ])('%s with INGEST_REDACT=%s - names the fields that are to be added', (kind, redact, wanted) => {
    expect(problemOf(piiOf(kind), redact)).toContain(
      `hides ${kind} (pii_config), the Management API does not: add ${wanted} to INGEST_REDACT`,
    )
  })

  test.each([
    ['username', 'username:mask,user_name:hash'],
    ['email', 'details.email:drop'],
    ['first_name', 'name:mask,given_name:mask,first_name:mask'],
  ])('%s with INGEST_REDACT=%s - is covered', (kind, redact) => {
    expect(problemOf(piiOf(kind), redact)).toBeUndefined()
  })

  test('a recovered log - what the stream hides is hidden wherever it is, all else stays to the byte', () => {
    const { hide } = described(
      piiOf('username', 'phone'),
      'username:mask,user_name:hash,phone:mask,phone_number:mask,old_phone_number:mask,new_phone_number:mask',
    ) as Stream
    const log = Buffer.from(
      '{ "user_name":"jane", "big":12345678901234567890, "details":{"request":{"body":{"username":"janeroe"}},"list":[{"phone_number":"1"},{"phone_number":["2"]}], "user_name":{"a":1}}}',
    )
    expect(hide(log).toString()).toBe(
      // The first one is left to the rule of INGEST_REDACT, which hashes it.
      '{ "user_name":"jane", "big":12345678901234567890, "details":{"request":{"body":{"username":"***"}},"list":[{"phone_number":"***"},{"phone_number":["***"]}], "user_name":"***"}}',
    )
    const nothing = Buffer.from('{"type":"s"}')
    expect(hide(nothing)).toBe(nothing)
    const broken = Buffer.from('{"user_name":')
    expect(hide(broken)).toBe(broken)
  })

  test('a log that is nested without end - hides what lies too deep as a whole, and throws nothing', () => {
    const { hide } = described(piiOf('email'), 'email:mask') as Stream
    const deep = `${'{"a":'.repeat(3_000)}{"email":"x@example.com"}${'}'.repeat(3_000)}`
    expect(hide(Buffer.from(deep)).toString()).not.toContain('example.com')
    const arrays = `{"a":${'['.repeat(3_000)}{"email":"x@example.com"}${']'.repeat(3_000)}}`
    expect(hide(Buffer.from(arrays)).toString()).not.toContain('example.com')
  })
})

describe('what the stream delivers', () => {
  test('no filter - everything; filters - their categories, an unknown type as other', () => {
    const all = described({}) as Stream
    expect(['s', 'f', 'brand_new'].map(all.delivers)).toEqual([true, true, true])
    const some = described({
      filters: [
        { type: 'category', name: 'auth.login.success' },
        { type: 'category', name: 'other' },
      ],
    }) as Stream
    expect(['s', 'f', 'brand_new'].map(some.delivers)).toEqual([true, false, true])
  })

  test('a prioritised stream - its own eight types, nothing else', () => {
    const { delivers } = described({ isPriority: true }) as Stream
    const own = ['limit_mu', 'limit_sul', 'limit_wc', 'pwd_leak', 'ublkdu', 'signup_pwd_leak', 'reset_pwd_leak', 'gd_send_sms']
    expect([...own, 's', 'f', 'limit_delegation', 'gd_auth_succeed', ''].filter(delivers)).toEqual(own)
    expect((described({ isPriority: false }) as Stream).delivers('s')).toBe(true)
  })
})

test('several streams - the wanted one by name or id, else a problem that names them', () => {
  const two = [stream(), stream({ id: 'lst_2', name: 'theirs' })]
  expect(describeStream(two, 'lst_2', [])).toMatchObject({ name: 'theirs' })
  expect(describeStream(two, '', [])).toEqual({ problem: expect.stringContaining('(ours, theirs): set AUTH0_LOG_STREAM') })
  expect(describeStream([], '', [])).toEqual({ problem: expect.stringContaining('0 http log streams (none)') })
})

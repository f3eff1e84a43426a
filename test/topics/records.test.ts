// Our own records, to the byte and against schemas/.
import { describe, expect, it } from 'vitest'
import { version } from '../../services/platform/version.ts'
import {
  type Account,
  cutUtf8,
  type DeadLetter,
  deadLetterRecord,
  decodeAccount,
  encodeAccount,
  newAccount,
  settled,
} from '../../services/topics/records.ts'
import { schemaNames, schemaProblems } from '../support/schemas.ts'

const account: Account = {
  base: 100,
  delivered: 10,
  filtered: 20,
  duplicates: 3,
  dead_lettered: 2,
  expired: 5,
  checkpoint: '900',
}

describe('account', () => {
  it('account - is written as the contract has it, and read again where the commit stands', () => {
    const text = encodeAccount(account)
    expect(JSON.parse(text)).toEqual({
      v: 1,
      base: '100',
      delivered: 10,
      filtered: 20,
      duplicates: 3,
      dead_lettered: 2,
      expired: 5,
      checkpoint: '900',
    })
    expect(schemaProblems('account', JSON.parse(text))).toEqual([])
    expect(settled(account)).toBe(40)
    expect(decodeAccount(text, 140)).toEqual(account)
  })

  it('account - of a new base counts nothing', () => {
    expect(decodeAccount(encodeAccount(newAccount(7)), 7)).toEqual(newAccount(7))
    expect(settled(newAccount(7))).toBe(0)
  })

  it('account - stays below 1 KiB with the largest numbers and a long checkpoint', () => {
    const most = Number.MAX_SAFE_INTEGER
    const counts = { delivered: most, filtered: most, duplicates: most, dead_lettered: most, expired: most }
    expect(Buffer.byteLength(encodeAccount({ base: most, ...counts, checkpoint: '9'.repeat(56) }))).toBeLessThan(1024)
  })

  it.each([
    ['moved by a tool that keeps the metadata', encodeAccount(account), 139],
    ['without metadata', '', 140],
    ['of somebody else', 'some text', 140],
    ['of somebody else, in JSON', '{"hello":1}', 140],
    ['cut off', encodeAccount(account).slice(0, 50), 140],
    ['a list', '[1]', 140],
  ])('account - a commit %s begins a new one', (_, metadata, offset) => {
    expect(decodeAccount(metadata, offset)).toBeUndefined()
  })

  it('account - fields of later minor versions are ignored, a later major one must not be touched', () => {
    const text = encodeAccount(account)
    expect(decodeAccount(text.replace('{', '{"more":{"a":1},'), 140)).toEqual(account)
    expect(() => decodeAccount(text.replace('"v":1', '"v":2'), 140)).toThrow(/newer version \(v 2, this one reads 1\): update/)
  })
})

const letter: DeadLetter = {
  logId: '900',
  value: Buffer.from([0xff, 0x00, 0x7b]),
  from: { topic: 'auth0.logs', partition: 3, offset: 12_345_678_901 },
  stage: 'deliver',
  reason: 'http_400',
  error: 'Ошибка',
  attempts: 7,
  firstAt: new Date('2026-03-04T05:06:07.089Z'),
  lastAt: new Date('2026-03-04T05:06:08.000Z'),
}
const headersOf = ({ headers }: ReturnType<typeof deadLetterRecord>) =>
  Object.fromEntries([...headers].map(([name, text]) => [String(name), String(text)]))

describe('dead letter', () => {
  it('dead letter - the original bytes, and the whole story in UTF-8', () => {
    const record = deadLetterRecord(letter, version)
    expect([record.key?.toString(), record.value]).toEqual(['900', letter.value])
    expect(headersOf(record)).toEqual({
      topic: 'auth0.logs',
      partition: '3',
      offset: '12345678901',
      log_id: '900',
      stage: 'deliver',
      reason: 'http_400',
      error: 'Ошибка',
      attempts: '7',
      first_at: '2026-03-04T05:06:07.089Z',
      last_at: '2026-03-04T05:06:08.000Z',
      version,
    })
    expect(schemaProblems('dead-letter-headers', headersOf(record))).toEqual([])
  })

  it('dead letter - of what never was in the topic: no key, headers empty but there', () => {
    const record = deadLetterRecord(
      { ...letter, logId: '', from: undefined, stage: 'receive', attempts: 0, piece: '1/5' },
      version,
    )
    expect(record.key).toBeNull()
    expect(headersOf(record)).toMatchObject({ topic: '', partition: '', offset: '', log_id: '', attempts: '0', piece: '1/5' })
    expect(schemaProblems('dead-letter-headers', headersOf(record))).toEqual([])
  })

  it('dead letter - partition and offset 0 are said', () => {
    const record = deadLetterRecord({ ...letter, from: { topic: 't', partition: 0, offset: 0 } }, version)
    expect(headersOf(record)).toMatchObject({ partition: '0', offset: '0' })
  })

  it('dead letter - a long error is cut at 4 KiB, never inside a character', () => {
    const { error } = headersOf(deadLetterRecord({ ...letter, error: `x${'я'.repeat(5_000)}` }, version))
    expect(error).toBe(`x${'я'.repeat(2_047)}`)
    expect(Buffer.byteLength(error)).toBe(4_095)
  })
})

describe('cutUtf8', () => {
  it.each([
    ['abc', 3, 'abc'],
    ['abc', 2, 'ab'],
    ['aя', 2, 'a'],
    ['aя', 3, 'aя'],
    ['😀😀', 7, '😀'],
    ['😀', 3, ''],
    ['', 0, ''],
  ])('cutUtf8 - %j at %i bytes is %j', (text, bytes, cut) => {
    expect(cutUtf8(text, bytes)).toBe(cut)
  })
})

describe('schemas', () => {
  it('schemas - one for each thing that crosses a process boundary', () => {
    expect(schemaNames.toSorted()).toEqual([
      'account',
      'audit',
      'certificate',
      'control-job',
      'control-service',
      'control-settings',
      'control-state',
      'dead-letter-headers',
      'log-event',
      'report',
    ])
  })

  it.each([
    ['account', { ...JSON.parse(encodeAccount(account)), delivered: -1 }],
    ['account', { ...JSON.parse(encodeAccount(account)), base: 100 }],
    ['account', { ...JSON.parse(encodeAccount(account)), v: 2 }],
    ['dead-letter-headers', { ...headersOf(deadLetterRecord(letter, version)), reason: 'Not Snake' }],
    ['dead-letter-headers', { ...headersOf(deadLetterRecord(letter, version)), last_at: 'yesterday' }],
    ['control-state', { v: 1, state: 'asleep', by: 'me', at: '2026-03-04T05:06:07Z' }],
    ['control-service', { v: 1, service: 's', kind: 'sink', version: '1', group: 'g', started_at: '2026-03-04T05:06:07.000Z' }],
    ['log-event', { data: {} }],
    ['log-event', { log_id: '', data: {} }],
    ['log-event', { log_id: '1' }],
    ['report', {}],
  ])('schema %s - refuses %j', (name, value) => {
    expect(schemaProblems(name, value)).not.toEqual([])
  })

  it.each([
    ['control-state', { v: 1, state: 'paused', by: 'me', at: '2026-03-04T05:06:07Z', note: 'of later' }],
    ['log-event', { log_id: '1', data: {} }],
    ['log-event', { data: { log_id: '1', type: null, new_field: [] }, extra: 1 }],
  ])('schema %s - takes %j', (name, value) => {
    expect(schemaProblems(name, value)).toEqual([])
  })
})

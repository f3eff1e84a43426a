// Members of an event found in its bytes: whatever the bytes are, the answers are those of JSON.parse.
import { isDeepStrictEqual } from 'node:util'
import { describe, expect, it } from 'vitest'
import { type MemberName, memberOf, scanMembers } from '../../services/events/members.ts'
import { type SeededRandom, seededRandom } from '../support/random.ts'

const NAMES: MemberName[] = ['ip', 'date', 'type', 'log_id', 'user_id', 'client_id', 'user_agent', 'tenant_name']

/** What the scan says of the bytes, and what JSON.parse says of them, in one shape. */
function scanned(bytes: Buffer): unknown {
  const members = scanMembers(bytes)
  return members && Object.fromEntries(NAMES.map((name) => [name, memberOf(bytes, members, name)]))
}
function parsed(bytes: Buffer): unknown {
  try {
    const value: unknown = JSON.parse(bytes.toString())
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return null
    return Object.fromEntries(NAMES.map((name) => [name, Object.hasOwn(value, name) ? (value as never)[name] : undefined]))
  } catch {
    return null
  }
}
const same = (value: string | Buffer) => {
  const bytes = typeof value === 'string' ? Buffer.from(value) : value
  const [ours, right] = [scanned(bytes), parsed(bytes)]
  if (!isDeepStrictEqual(ours, right)) expect(ours, JSON.stringify(bytes.toString('latin1').slice(0, 300))).toEqual(right)
}

const NAME_FORMS = [
  ...NAMES,
  'user_i\\u0064',
  '\\u0075ser_id',
  '\\u0069\\u0070',
  'l\\u006fg_id',
  'log\\u005Fid',
  'user_ID',
  'dates',
  'dat',
  '',
  '__proto__',
  'ïp',
  'a\\"b',
  'Зоя',
  'x'.repeat(40),
]
const LEAVES = [
  '"auth0|1"', '""', '"\\u0000"', '"\\ud800"', '"\\ud83d\\ude00"', '"a\\\\"', '"\\"type\\":"', '"Зоя 😀"', '"2026-11-28T12:00:00.000Z"',
  'null', 'true', 'false', '0', '-0', '-1.5e+10', '12345678901234567890', '1e400', '{}', '[]', '[ ]', '{ }', '{"log_id":"inner"}',
] // biome-ignore format: a table
const WRONG_LEAVES = [
  '01',
  '1.',
  '.5',
  '+1',
  '-',
  '1e',
  'nul',
  'True',
  'NaN',
  "'a'",
  '"\\x"',
  '"\\u12"',
  '"a\nb"',
  '"open',
  '',
  '\u00a0',
  '[1,]',
  '{"a":1,}',
  '{"a"}',
  '{1:2}',
]
const SPACES = ['', '', '', ' ', '\n', '\t\r\n  ']

function value(random: SeededRandom, depth: number): string {
  const space = () => random.pick(SPACES)
  if (depth === 0 || random.chance(0.5)) return random.chance(0.02) ? random.pick(WRONG_LEAVES) : random.pick(LEAVES)
  const items = Array.from({ length: random.below(5) }, () => `${space()}${value(random, depth - 1)}${space()}`)
  if (random.chance(0.3)) return `[${items.join(',') || space()}]`
  return object(random, depth - 1)
}
function object(random: SeededRandom, depth: number): string {
  const space = () => random.pick(SPACES)
  const member = () => `${space()}"${random.pick(NAME_FORMS)}"${space()}:${space()}${value(random, depth)}${space()}`
  return `{${Array.from({ length: random.below(9) }, member).join(',') || space()}}`
}
/** One byte is taken out, doubled or replaced by one that matters. */
function broken(bytes: Buffer, random: SeededRandom): Buffer {
  const at = random.below(bytes.length)
  const other = Buffer.from([
    random.pick([0x22, 0x5c, 0x2c, 0x3a, 0x7b, 0x7d, 0x5b, 0x5d, 0x00, 0x1f, 0x7f, 0x80, 0xc3, 0xe2, 0xff, 0x20]),
  ])
  const middle = random.pick([Buffer.alloc(0), other, Buffer.concat([bytes.subarray(at, at + 1), other])])
  return Buffer.concat([bytes.subarray(0, at), middle, bytes.subarray(at + 1)])
}

describe('members', () => {
  it('scan - answers as JSON.parse does for 20,000 random and broken values', () => {
    const random = seededRandom(4711)
    let objects = 0
    for (let n = 0; n < 10_000; n++) {
      const bytes = Buffer.from(`${random.pick(SPACES)}${object(random, 3)}${random.pick(SPACES)}`)
      same(bytes)
      same(broken(bytes, random))
      if (parsed(bytes) !== null) objects++
    }
    expect(objects).toBeGreaterThan(5_000)
  })

  it.each([
    ['a repeated name', '{"type":"s","type":"f"}'],
    ['a name repeated with escapes', '{"user_id":"a","user\\u005fid":"b"}'],
    ['a name repeated inside a value', '{"details":{"type":"x"},"type":"s","list":[{"type":"y"}]}'],
    ['a wanted member that is an object', '{"type":{"a":[1,{"type":"x"}]},"ip":"1"}'],
    ['invalid UTF-8 in a value', Buffer.from([...Buffer.from('{"ip":"a'), 0xff, 0xe2, 0x82, ...Buffer.from('","type":"s"}')])],
    ['invalid UTF-8 in a name', Buffer.from([...Buffer.from('{"ip'), 0xc3, ...Buffer.from('":"a"}')])],
    ['half a character before the closing quote', Buffer.from([...Buffer.from('{"ip":"'), 0xf0, 0x9f, ...Buffer.from('"}')])],
    ['a byte order mark', '\uFEFF{"ip":"a"}'],
    ['something behind the end', '{"ip":"a"} x'],
    ['a no-break space between', '{\u00a0"ip":"a"}'],
    ['a control character in a string', '{"ip":"a\u0001"}'],
    ['a zero byte at the end', '{"ip":"a"}\u0000'],
    ['line separators, which JSON allows', '{"ip":"\u2028\u2029\u007f"}'],
    ['nothing', ''],
    ['an array', '[{"ip":"a"}]'],
    ['an open string', '{"ip":"a'],
    ['an open escape', '{"ip":"a\\'],
    ['an open unicode escape', '{"ip":"a\\u00'],
  ])('scan - of %s is as JSON.parse', (_, value) => {
    same(value)
  })

  it('scan - nesting of 100,000 levels costs no stack', () => {
    const deep = (n: number) => `{"a":${'['.repeat(n)}${']'.repeat(n)},"b":${'{"c":'.repeat(n)}1${'}'.repeat(n)},"ip":"x"}`
    expect(scanned(Buffer.from(deep(100_000)))).toMatchObject({ ip: 'x' })
    expect(scanned(Buffer.from(deep(100_000).slice(0, -1)))).toBeNull()
  })

  it('count - of members as they are written', () => {
    const count = (text: string) => scanMembers(Buffer.from(text))?.count
    expect([count('{}'), count('{"a":1}'), count('{"a":{"b":1,"c":2},"d":[1,2],"a":2}')]).toEqual([0, 1, 3])
  })
})

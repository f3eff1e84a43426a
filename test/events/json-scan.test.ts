// The scanner against JSON.parse and TextDecoder: the same bytes are JSON to both.
import { describe, expect, test } from 'vitest'
import { scanObject, seen, skipSpace, skipValue } from '../../services/events/json-scan.ts'
import { seededRandom } from '../support/random.ts'

const right = [
  '{}',
  '[]',
  ' [ 1 , 2 ] ',
  '\t{"a" :\r\n1}\n',
  '{"a":{"b":[{},[],""]}}',
  '{"a":1,"a":2,"":3}',
  '"\\u00e9\\"\\\\\\/\\b\\f\\n\\r\\t"',
  '"\\ud83d\\ude00\\ud800"', // a lone half is JSON too
  '"é 漢 😀 \u007f\u0080\u07ff\u0800\uffff\u{10000}\u{10ffff}"',
  '[true,false,null,0,-0,10,-1.5e+10,1E5,1e-7,0.5,9007199254740993,1e400]',
  'true',
  '"" ',
]
const unfinished = ['', ' ', '{', '[', '"', '{"a"', '{"a":', '{"a":1', '{"a":1,', '[1', '[1,', '"\\', '"\\u12', '"abc']
const wrongObjects = [
  '{"a":1,}',
  '{a:1}',
  '{"a" 1}',
  '{1:1}',
  '{,}',
  '{"a":1 "b":2}',
  '{"a":1,,"b":2}',
  '{"a"::1}',
  '{:1}',
  '{"a"}',
]
const wrongArrays = ['[1,]', '[,1]', '[1 2]', '[1,,2]', ']', '}', '[}', '{]', '[1}', '{"a":1]', '[1]]', '{}{}', '1 2', '[],']
const wrongWords = ['x', 'tru', 'truee', 'nul', 'fals', 'falsy', 'True', 'NaN', 'Infinity', 'undefined', 'trueX', '[nulL]']
const wrongNumbers = ['01', '-', '-01', '1.', '.5', '1e', '1e+', '+1', '1.2.3', '0x1', '1-1', '--1', '1_0', '-a', '1.e1', '1e1.5']
const wrongStrings = ['"\\x"', '"\\u12g4"', '"\\U0041"', '"a\nb"', '"a\tb"', '"\u0000"', '"\u001f"', "'a'", '`a`']
const wrongSpace = ['/* c */1', '1//c', '\u00a01', '\u2028[]', '\ufeff{}', '[1\v]', '[1\f]']
const wrong = [unfinished, wrongObjects, wrongArrays, wrongWords, wrongNumbers, wrongStrings, wrongSpace].flat()
/** Bytes between the quotes of a string that are no UTF-8 (RFC 3629, the table of section 4). */
const noUtf8 = [
  '80',
  'bf',
  'c0af',
  'c1bf',
  'c3',
  'c328',
  'e0809f',
  'e28228',
  'eda080',
  'edbfbf',
  'f08fbfbf',
  'f4908080',
  'f5808080',
  'ff',
  'e282',
  'f09f98',
]

/** As a service judges: one value, nothing after it, all of it UTF-8. */
function isJson(bytes: Buffer): boolean {
  seen.invalidUtf8 = false
  const end = skipValue(bytes, skipSpace(bytes, 0))
  return end >= 0 && skipSpace(bytes, end) >= bytes.length && !seen.invalidUtf8
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
function isJsonToNode(bytes: Buffer): boolean {
  try {
    JSON.parse(utf8.decode(bytes))
    return true
  } catch {
    return false
  }
}

describe('skipValue', () => {
  test.each(right)('%j - is JSON, alone and within array and object', (text) => {
    for (const whole of [text, `[${text}]`, `{"a":${text},"b":[${text},${text}]}`]) {
      expect(isJsonToNode(Buffer.from(whole))).toBe(true)
      expect(isJson(Buffer.from(whole)), whole).toBe(true)
    }
  })

  test.each(wrong)('%j - is no JSON', (text) => {
    expect(isJsonToNode(Buffer.from(text))).toBe(false)
    expect(isJson(Buffer.from(text))).toBe(false)
  })

  test.each(noUtf8)('string with the bytes %s - is no UTF-8, and where it ends is known', (hex) => {
    const bytes = Buffer.concat([Buffer.from('["a'), Buffer.from(hex, 'hex'), Buffer.from('b"]')])
    expect([isJsonToNode(bytes), isJson(bytes)]).toEqual([false, false])
    expect([skipValue(bytes, 0), seen.invalidUtf8]).toEqual([bytes.length, true])
  })

  test('every cut of a text - is no JSON', () => {
    const bytes = Buffer.from('{"a":[1.5,{"b":"c\\u00e9\\""},true,null,-2e3,{}],"d":"é😀"}')
    expect(skipValue(bytes, 0)).toBe(bytes.length)
    for (let end = 0; end < bytes.length; end++) expect(skipValue(bytes.subarray(0, end), 0)).toBe(-1)
  })

  test('nesting - is bounded by the size alone', () => {
    const depth = 1_000_000
    const deep = Buffer.from('[{"a":'.repeat(depth) + '0' + '}]'.repeat(depth))
    expect(skipValue(deep, 0)).toBe(deep.length)
    expect(skipValue(deep.subarray(0, -1), 0)).toBe(-1)
  })

  test('20,000 random mutations of JSON - are judged as JSON.parse does', () => {
    const random = seededRandom(20_261_123)
    const sources = [...right, JSON.stringify({ log_id: '9', data: { type: 's', a: [1e-7, { b: 'é\n"\\' }, [], {}, null] } })]
    const kept = { json: 0, none: 0 }
    for (let i = 0; i < 20_000; i++) {
      const bytes = mutated(Buffer.from(random.pick(sources)), random)
      const expected = isJsonToNode(bytes)
      kept[expected ? 'json' : 'none']++
      if (isJson(bytes) !== expected)
        expect.fail(`JSON to JSON.parse: ${expected}: ${bytes.toString('latin1')} = ${bytes.toString('hex')}`)
    }
    // Both verdicts were put to the test.
    expect(kept.json).toBeGreaterThan(2_000)
    expect(kept.none).toBeGreaterThan(5_000)
  })
})

describe('scanObject', () => {
  test('members - are handed over with the places of name and value, in order', () => {
    const bytes = Buffer.from(' { "a\\"" : [ "x" , {"b":1} ] , "" : "y" , "é":1} ')
    const found: string[][] = []
    const end = scanObject(bytes, 1, (nameStart, nameEnd, valueStart) => {
      const after = skipValue(bytes, valueStart)
      found.push([bytes.toString('utf8', nameStart, nameEnd), bytes.toString('utf8', valueStart, after)])
      return after
    })
    expect(found).toEqual([
      ['a\\"', '[ "x" , {"b":1} ]'],
      ['', '"y"'],
      ['é', '1'],
    ])
    expect(bytes.subarray(end).toString()).toBe(' ')
  })

  test.each(['[]', '1', '{"a":1', '{"a" 1}', '{"a":1,}', '{"a":tru}'])('%s - answers -1', (text) => {
    const bytes = Buffer.from(text)
    expect(scanObject(bytes, 0, (_, __, valueStart) => skipValue(bytes, valueStart))).toBe(-1)
  })
})

const alphabet = [...'{}[]",:\\ \n\ttrfn0-9.eE+u\u0000', 'é', '😀'].map((text) => Buffer.from(text))

/** One to three small changes: a piece taken out, doubled, or replaced by what matters to JSON, or by any byte. */
function mutated(bytes: Buffer, random: ReturnType<typeof seededRandom>): Buffer {
  for (let changes = 1 + random.below(3); changes > 0; changes--) {
    const from = random.below(bytes.length + 1)
    const to = Math.min(bytes.length, from + random.below(3))
    const middle = random.pick([
      () => Buffer.alloc(0),
      () => bytes.subarray(from, Math.min(bytes.length, from + 6)),
      () => random.pick(alphabet),
      () => Buffer.from([random.below(256)]),
    ])()
    bytes = Buffer.concat([bytes.subarray(0, from), middle, bytes.subarray(to)])
  }
  return bytes
}

// The scanner against JSON.parse: the same texts are JSON to both.
import { expect, test } from 'vitest'
import { isEnd, JsonError, scanArray, scanObject, scanValue, textAt } from '../../services/sandbox/json-scan.ts'

const right = [
  '{}',
  '[]',
  ' [ 1 , 2 ] ',
  '{"a":{"b":[{},[],""]}}',
  '\t{"a" :\r\n1}',
  '"\\u00e9\\"\\\\\\/\\b\\f\\n\\r\\t"',
  '"é 漢 😀"',
]
const words = ['0', '-0', '10', '-1.5e+10', '1E5', '1e-7', '0.5', 'true', 'false', 'null', '[true,false,null,0,"",-1]']
const unfinished = ['', ' ', '{', '[', '"', '{"a"', '{"a":', '{"a":1', '{"a":1,', '[1', '[1,', '"\\', '"\\u12"']
const misplaced = [
  '{"a":1,}',
  '{a:1}',
  '{"a" 1}',
  '{1:1}',
  '{,}',
  '{"a":1 "b":2}',
  '[1,]',
  '[,1]',
  '[1 2]',
  ']',
  '}',
  '[}',
  '{]',
  '[1]]',
  '{}{}',
  '1 2',
]
const noWords = [
  'x',
  'tru',
  'truee',
  'nul',
  'True',
  'NaN',
  '01',
  '-',
  '-01',
  '1.',
  '.5',
  '1e',
  '1e+',
  '+1',
  '1.2.3',
  '0x1',
  '1-1',
  '--1',
]
const noStrings = ['"\\x"', '"\\u12g4"', '"a\nb"', '"a\tb"', "'a'"]

function isJson(read: () => unknown): boolean {
  try {
    read()
    return true
  } catch {
    return false
  }
}

test.each([...right, ...words, ...unfinished, ...misplaced, ...noWords, ...noStrings])(
  'JSON scan - judges as JSON.parse does: %j',
  (text) => {
    const bytes = Buffer.from(text)
    const scanned = isJson(() => {
      if (!isEnd(bytes, scanValue(bytes, 0))) throw new JsonError('more follows')
    })
    expect(scanned).toBe(isJson(() => JSON.parse(text)))
  },
)

test('JSON scan - every cut of a text is no JSON', () => {
  const text = '{"a":[1.5,{"b":"c\\u00e9\\""},true,null,-2e3],"d":"é"}'
  const bytes = Buffer.from(text)
  expect(scanValue(bytes, 0)).toBe(bytes.length)
  for (let end = 0; end < bytes.length; end++) expect(() => scanValue(bytes.subarray(0, end), 0)).toThrow(JsonError)
})

test('JSON scan - hands members and elements over with their places', () => {
  const bytes = Buffer.from(' { "a" : [ "x" , "\\u00fc\\n" , 3 ] , "é" : "y" } ')
  const found: unknown[] = []
  const end = scanObject(bytes, 0, (at, keyStart, keyEnd) => {
    const key = bytes.toString('utf8', keyStart, keyEnd)
    const read = (place: number) => {
      const behind = scanValue(bytes, place)
      found.push([key, textAt(bytes, place, behind)])
      return behind
    }
    return key === 'a' ? scanArray(bytes, at, read) : read(at)
  })
  expect(found).toEqual([
    ['a', 'x'],
    ['a', 'ü\n'],
    ['a', undefined],
    ['é', 'y'],
  ])
  expect([isEnd(bytes, end), isEnd(bytes, end - 1)]).toEqual([true, false])
})

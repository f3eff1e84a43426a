// White space out of JSON, and nothing else.
import { describe, expect, test } from 'vitest'
import { onOneLine, withLogId } from '../../services/events/compact.ts'

describe('onOneLine', () => {
  test('JSON without line breaks - is the very same buffer, blanks and all', () => {
    const bytes = Buffer.from('{ "a" : "b\\n c" }')
    expect(onOneLine(bytes)).toBe(bytes)
  })

  test.each([
    ['{\n  "a": [ 1,\r\n\t2 ]\n}\n', '{"a":[1,2]}'],
    ['{"text":\n"two  blanks, \\n \\" { \\\\" , "b":"\\\\\\""}', '{"text":"two  blanks, \\n \\" { \\\\","b":"\\\\\\""}'],
    ['{"n":\n9007199254740993,"é 😀":1E5,"a":1,"a":2}', '{"n":9007199254740993,"é 😀":1E5,"a":1,"a":2}'],
  ])('%j - loses the white space between, and nothing else', (json, expected) => {
    expect(onOneLine(Buffer.from(json)).toString()).toBe(expected)
  })
})

describe('withLogId', () => {
  test.each([
    ['{"type":"s"}', '{"log_id":"900","type":"s"}'],
    ['{ "type" : "s" }', '{"log_id":"900", "type" : "s" }'],
    ['{}', '{"log_id":"900"}'],
    ['{ \n }', '{"log_id":"900"}'],
    [' {"type":"s"} ', '{"log_id":"900","type":"s"}'],
  ])('%j - gets the log_id first', (json, expected) => {
    expect(withLogId(Buffer.from(json), '900').toString()).toBe(expected)
  })

  test('log_id with a quote - stays JSON', () => {
    expect(JSON.parse(withLogId(Buffer.from('{"a":1}'), 'x"\\').toString())).toEqual({ log_id: 'x"\\', a: 1 })
  })
})

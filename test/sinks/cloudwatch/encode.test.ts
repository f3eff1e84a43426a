// An Auth0 log as a CloudWatch log event.
import { describe, expect, it } from 'vitest'
import { encode } from '../../../services/sinks/cloudwatch/encode.ts'
import { PER_EVENT_BYTES } from '../../../services/sinks/cloudwatch/settings.ts'
import { logEvent, RECEIVED_AT } from '../../support/log-event.ts'

const encoded = (value: string | object, id?: string) => {
  const result = encode(logEvent(value, { id }))
  if ('unsendable' in result) throw new Error(result.unsendable)
  return result
}
const message = (value: string, id?: string) => encoded(value, id).item.message

describe('cloudwatch encode', () => {
  it.each([
    ['plain', '{"log_id":"1","a":1}'],
    ['with blanks', '{ "log_id" : "1" ,\t"a" : [ 1 , 2 ] }'],
    ['numbers that JavaScript cannot hold', '{"log_id":"1","n":12345678901234567890,"x":1.0,"e":1e400}'],
    ['names that come twice', '{"log_id":"1","a":1,"a":2}'],
    ['escapes as they were written', '{"log_id":"1","a":"\\u00e9\\n\\/"}'],
    ['other scripts', '{"log_id":"1","name":"Зоя 😀"}'],
    ["a log_id that is not the envelope's", '{"log_id":"another"}'],
    ['a log_id that is null', '{"log_id":null}'],
  ])('message - is `data` byte for byte: %s', (_, value) => {
    expect(message(value)).toBe(value)
  })

  it('message - is made one line where raw line breaks stand in it, and nothing else is changed', () => {
    const value = '{\r\n  "log_id": "1",\n\t"a": "b c\\n \\" {",\n  "n": 12345678901234567890 }\n'
    expect(message(value)).toBe('{"log_id":"1","a":"b c\\n \\" {","n":12345678901234567890}')
  })

  it.each([
    ['{"a":1}', '{"log_id":"900","a":1}'],
    ['{}', '{"log_id":"900"}'],
    ['{ }', '{"log_id":"900"}'],
    ['{\n"a": 1\n}', '{"log_id":"900","a":1}'],
  ])('message - %j gets the log_id as its first field', (value, expected) => {
    expect(message(value, '900')).toBe(expected)
  })

  it('bytes - UTF-8 of the message and 26', () => {
    const value = '{"log_id":"1","name":"Зоя 😀"}'
    expect(encoded(value).bytes).toBe(Buffer.byteLength(value) + 26)
    expect(PER_EVENT_BYTES).toBe(26)
  })

  it.each([
    ['2026-03-04T05:06:07.089Z', Date.parse('2026-03-04T05:06:07.089Z')],
    ['2026-03-04T06:06:07.089+01:00', Date.parse('2026-03-04T05:06:07.089Z')],
    [1_772_600_767_089, 1_772_600_767_089],
    ['no date', RECEIVED_AT],
    ['', RECEIVED_AT],
    [null, RECEIVED_AT],
    [undefined, RECEIVED_AT],
    [{}, RECEIVED_AT],
    [8.64e15 + 1, RECEIVED_AT],
  ])('timestamp - of date %j', (date, at) => {
    const event = encoded({ log_id: '1', date })
    expect([event.item.timestamp, event.at]).toEqual([at, at])
  })

  it.each(['', 'text', '[1]', '"s"', '1', 'null', '{"a":'])('%j - is no event and not sendable', (value) => {
    expect(encode(logEvent(value, { type: 's' }))).toEqual({ unsendable: 'not_an_event' })
  })
})

// The header of RFC 5424.
import { expect, test } from 'vitest'
import { parseSyslog } from '../../../../services/sinks/papertrail/stand-in/message.ts'

test('syslog message - all parts', () => {
  const data = String.raw`[TOKEN@41058][a b="c\]\"" d=""]`
  expect(parseSyslog(`<27>1 2026-03-04T05:06:07.123456+01:00 host auth0 42 seacft ${data} \uFEFF{"log_id":"1"}`)).toEqual({
    facility: 3,
    severity: 3,
    time: Date.parse('2026-03-04T04:06:07.123Z'),
    host: 'host',
    app: 'auth0',
    procId: '42',
    msgId: 'seacft',
    data,
    message: '{"log_id":"1"}',
  })
})

test('syslog message - all parts left out, severity 0 of facility 0', () => {
  const parsed = parseSyslog('<0>1 - - - - - -')
  expect(parsed).toMatchObject({ facility: 0, severity: 0, time: Number.NaN, host: '-', data: '-', message: '' })
})

test('syslog message - the host name is cut at 120 characters', () => {
  expect(parseSyslog(`<0>1 - ${'h'.repeat(255)} - - - -`)?.host).toBe('h'.repeat(120))
})

const time = '2026-03-04T05:06:07Z'
test.each([
  ['no header', '{"log_id":"1"}'],
  ['priority over 191', `<192>1 ${time} h a - m - x`],
  ['priority with a leading zero', `<01>1 ${time} h a - m - x`],
  ['no version', `<1> ${time} h a - m - x`],
  ['a time without zone', '<1>1 2026-03-04T05:06:07 h a - m - x'],
  ['a day that does not exist', '<1>1 2026-13-04T05:06:07Z h a - m - x'],
  ['seven digits of a second', '<1>1 2026-03-04T05:06:07.1234567Z h a - m - x'],
  ['a blank in the host', `<1>1 ${time} h h a - m - x`],
  ['a host of 256 characters', `<1>1 ${time} ${'h'.repeat(256)} a - m - x`],
  ['a msgid of 33 characters', `<1>1 ${time} h a - ${'m'.repeat(33)} - x`],
  ['no structured data', `<1>1 ${time} h a - m {"a":1}`],
  ['broken structured data', `<1>1 ${time} h a - m [a b="c]"d] x`],
])('syslog message - malformed: %s', (_, text) => {
  expect(parseSyslog(text)).toBeUndefined()
})

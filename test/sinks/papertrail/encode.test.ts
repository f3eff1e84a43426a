// An Auth0 log as a syslog message.
import { Client } from 'syslog-client'
import { describe, expect, it } from 'vitest'
import { LogEvent } from '../../../services/events/log-event.ts'
import { readSettings } from '../../../services/platform/settings.ts'
import { encode } from '../../../services/sinks/papertrail/encode.ts'
import { fields } from '../../../services/sinks/papertrail/settings.ts'
import { parseSyslog } from '../../../services/sinks/papertrail/stand-in/message.ts'
import { logEvent, RECEIVED_AT } from '../../support/log-event.ts'

const settingsOf = (more: Record<string, string> = {}) =>
  readSettings(fields, { PAPERTRAIL_HOST: 'logs', PAPERTRAIL_PORT: '1', ...more })

function line(value: string | object, more: Record<string, string> = {}, event: { id?: string; type?: string } = {}): string {
  const result = encode(logEvent(value, event), settingsOf(more))
  if ('unsendable' in result) throw new Error(result.unsendable)
  expect(result.bytes).toBe(result.item.length)
  return result.item.toString()
}
const parsed = (...args: Parameters<typeof line>) => parseSyslog(line(...args).trimEnd())

const date = '2026-03-04T05:06:07.089Z'

describe('papertrail encode', () => {
  it('message - RFC 5424, daemon as the original, `data` as it is, a newline at its end', () => {
    const value = `{"log_id":"1", "date":"${date}", "type":"f", "name":"Зоя"}`
    expect(line(value)).toBe(`<27>1 ${date} auth0-logs auth0 ${process.pid} f - ${value}\n`)
  })

  it.each([
    ['limit_wc', 4, 2],
    ['f', 3, 3],
    ['w', 2, 4],
    ['s', 1, 6],
    ['of_a_year_to_come', 1, 6],
    ['', 1, 6],
  ])('severity - type %j has level %i, severity %i', (type, _, severity) => {
    expect(parsed({ type })?.severity).toBe(severity)
  })

  it.each([
    ['kern', 0],
    ['user', 1],
    ['daemon', 3],
    ['authpriv', 10],
    ['local0', 16],
    ['local7', 23],
  ])('facility - %s is %i', (facility, number) => {
    expect(parsed({ type: 's' }, { PAPERTRAIL_FACILITY: facility })).toMatchObject({ facility: number, severity: 6 })
  })

  it.each([
    ['auth0', 'auth0'],
    ['my host', 'my-host'],
    ['häuser\u00a0', 'h-user'],
    ['x'.repeat(130), 'x'.repeat(120)],
  ])('host - %j is %j', (system, host) => {
    expect(parsed({}, { PAPERTRAIL_SYSTEM: system })?.host).toBe(host)
  })

  it.each([
    ['s', 's'],
    ['limit_wc', 'limit_wc'],
    ['a b]"', 'a_b]"'],
    ['тип', '___'],
    ['x'.repeat(40), 'x'.repeat(32)],
    ['', '-'],
  ])('msgid - type %j is %j', (type, msgId) => {
    expect(parsed({ type })?.msgId).toBe(msgId)
    expect(parsed({}, {}, { type })?.msgId).toBe(msgId)
  })

  it.each([
    [date, Date.parse(date)],
    ['no date', RECEIVED_AT],
    [undefined, RECEIVED_AT],
  ])('time - of date %j, whatever it says a valid header', (value, time) => {
    expect(parsed({ date: value })).toMatchObject({ time, app: 'auth0', procId: String(process.pid) })
  })

  it.each(['+012345-01-01T00:00:00.000Z', '-000001-01-01T00:00:00.000Z', 8e15])(
    'time - of date %j: RFC 5424 has years of four digits only, so the time of receipt',
    (value) => {
      expect(parsed({ date: value })?.time).toBe(RECEIVED_AT)
    },
  )

  it('message - one line where raw line breaks stand in `data`, the log_id first where it has none', () => {
    const text = line('{\n  "a": "b\\nc",\r\n  "d": 1 }', {}, { id: '900' })
    expect(text.endsWith(' - {"log_id":"900","a":"b\\nc","d":1}\n')).toBe(true)
    expect(text.indexOf('\n')).toBe(text.length - 1)
  })

  it('time - of a record that no date can hold is that of the delivery', () => {
    for (const receivedAt of [-9e15, 9e15, -1, Number.NaN]) {
      const event = new LogEvent({ id: '1', type: 's', value: Buffer.from('{"date":-1}'), receivedAt, partition: 0, offset: 0 })
      const result = encode(event, settingsOf(), Date.parse(date))
      expect('item' in result && parseSyslog(result.item.toString().trimEnd())?.time).toBe(Date.parse(date))
    }
  })

  it.each(['newline', 'octet-counting'])('header - is what syslog-client itself writes for the same message, %s', (framing) => {
    const value = `{"log_id":"1","date":"${date}","name":"Зоя"}`
    const written = new Client('').buildFormattedMessage(value, {
      rfc3164: false,
      facility: 16,
      severity: 4,
      syslogHostname: 'my-host',
      appName: 'auth0',
      msgid: 'w',
      timestamp: new Date(date),
    })
    const more = { PAPERTRAIL_FACILITY: 'local0', PAPERTRAIL_SYSTEM: 'my host', PAPERTRAIL_FRAMING: framing }
    const ours = line(value, more, { type: 'w' })
    const text = written.toString()
    expect(ours).toBe(framing === 'newline' ? text : `${written.length - 1} ${text.trimEnd()}`)
  })

  it('token - in the structured data', () => {
    expect(line({ type: 's' }, { PAPERTRAIL_TOKEN: 'secret-token' })).toContain(
      ` auth0 ${process.pid} s [secret-token@41058] {"log_id":`,
    )
  })

  it('octet counting - the number of bytes, not of characters, and no newline', () => {
    const text = line({ name: 'Зоя 😀' }, { PAPERTRAIL_FRAMING: 'octet-counting' })
    const [count, ...rest] = text.split(' ')
    expect(Number(count)).toBe(Buffer.byteLength(rest.join(' ')))
    expect(text).not.toContain('\n')
  })

  it.each(['newline', 'octet-counting'])('udp - a datagram is a message, without %s', (framing) => {
    const text = line({ type: 's' }, { PAPERTRAIL_FRAMING: framing, PAPERTRAIL_TRANSPORT: 'udp' })
    expect([text.startsWith('<30>1 '), text.endsWith('}')]).toEqual([true, true])
  })

  it.each(['', '[1]', 'null', '{"a":'])('%j - is no event and not sendable', (value) => {
    expect(encode(logEvent(value, { type: 's' }), settingsOf())).toEqual({ unsendable: 'not_an_event' })
  })
})

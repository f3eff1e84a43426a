// What console and CLI take as a value is what the service takes: every row that may change while it runs, text by text, in the same words.
import { describe, expect, it } from 'vitest'
import { knownService, settingsNow } from '../../services/operations/services.ts'
import { valueProblem } from '../../services/operations/settings.ts'
import { backfillFields } from '../../services/ingest/backfill/fields.ts'
import { checkSettings, type Fields, showFields } from '../../services/platform/settings.ts'
import { sinkFields } from '../../services/sinks/runtime/settings.ts'
import { slackFields } from '../../services/slack/settings.ts'
import { serviceRecord } from './announced.ts'

const TEXTS = [
  '0',
  '1',
  '-1',
  '1.5',
  '01',
  '100',
  '101',
  '23',
  '24',
  '9'.repeat(30),
  '1e3',
  'many',
  'true',
  'YES',
  'off',
  'maybe',
  'all',
  'ANY',
  'none',
  '4',
  '5',
  '-',
  'UTC',
  'Europe/Berlin',
  'Mars/Phobos',
  'continuous',
  '*/5 * * * *',
  '99 * * * *',
  '0 0 30 2 *',
  'daily',
  's,ss,f',
  '2026-01-31T12:00:00Z',
  '2026-13-45',
  '90020260131120000123000000000000000001223372036854775807',
  '\u001b[31m',
]
const SERVICES: [string, Fields][] = [
  ['a sink', sinkFields('segment', 4, {})],
  ['the backfill', backfillFields({})],
  ['slack', slackFields],
]

describe('settings', () => {
  it.each(SERVICES)('%s - a value is taken where the service takes it, and refused in its words', (_, fields) => {
    const live = Object.entries(fields).filter(([, field]) => field.live || field.names[0].endsWith('START_FROM'))
    expect(live.length).toBeGreaterThan(1)
    for (const [key, field] of live) {
      const [shown] = showFields({ [key]: field }, {})
      for (const text of TEXTS) {
        const own = checkSettings({ [key]: field }, { [field.names[0]]: text }).problems[0]?.problem
        expect([shown.name, text, valueProblem(shown, text, 'UTC')]).toEqual([shown.name, text, own])
      }
    }
  })

  it('slack - what it tells of each sink can be set, although its own rows do not know the sinks', () => {
    const slack = { ...serviceRecord('p', 'slack', { kind: 'slack', fields: showFields(slackFields, {}) }), v: 1 }
    const control = new Map<string, unknown>([
      ['service/slack', slack],
      ['service/log-archive.sandbox', { ...serviceRecord('p', 'log-archive.sandbox'), v: 1 }],
      ['settings/slack', { v: 1, by: 'ada', at: '2026-03-04T05:06:07Z', values: { LOG_ARCHIVE_SLACK_SEND_SUCCESS: 'true' } }],
    ])
    const found = settingsNow(knownService(control, 'slack')).find(({ name }) => name === 'LOG_ARCHIVE_SLACK_SEND_SUCCESS')
    expect(found).toMatchObject({ kind: 'boolean', live: true, now: 'true', from: 'operator' })
  })
})

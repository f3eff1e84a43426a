// What the service says of its settings, to `npm start` and to the operator.
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { createLogger } from '../../services/platform/logger.ts'
import { followSettings, readSlackSettings } from '../../services/slack/settings.ts'

const MAIN = 'services/slack/main.ts'
const run = promisify(execFile)
const check = async (env: Record<string, string>) => {
  const { stdout } = await run(process.execPath, [MAIN, '--check'], { env: { KAFKA_BROKERS: 'kafka:9092', ...env } })
  return JSON.parse(stdout) as { service: string; given: string[]; problems: { setting: string }[]; sandbox: object }
}
const HOOK = 'https://hooks.slack.com/services/T0/B0/very-secret'

test('Slack settings - --check says what is given, and how the sandbox is reached', async () => {
  const [none, real, wrong] = await Promise.all([
    check({ DAILY_REPORT_TIME: '0' }),
    check({ SLACK_INCOMING_WEBHOOK_URL: HOOK }),
    check({ DAILY_REPORT_TIME: '24' }),
  ])
  expect(none).toMatchObject({ service: 'slack', given: [], problems: [{ setting: 'SLACK_INCOMING_WEBHOOK' }] })
  expect(none.sandbox).toEqual({ SLACK_INCOMING_WEBHOOK: '$ORIGIN/services/T000/B000/sandbox' })
  expect(real).toMatchObject({ given: ['SLACK_INCOMING_WEBHOOK_URL'], problems: [] })
  expect(wrong.given).toEqual(['DAILY_REPORT_TIME'])
})

test('Slack settings - a start with bad ones ends at once with all of them, and shows no secret', async () => {
  const env = { SLACK_INCOMING_WEBHOOK: 'very-secret', SCHEDULE_TZ: 'Mars', SEGMENT_SLACK_SEND_SUCCESS: 'maybe' }
  const ended = await run(process.execPath, [MAIN], { env }).catch((error: { code: number; stderr: string }) => error)
  expect(ended).toMatchObject({ code: 2 })
  const lines = ended.stderr.trim().split('\n')
  expect(lines.map((line) => line.split(':')[0]).toSorted()).toEqual([
    'KAFKA_BROKERS',
    'SCHEDULE_TZ',
    'SEGMENT_SLACK_SEND_SUCCESS',
    'SLACK_INCOMING_WEBHOOK',
  ])
  expect(ended.stderr).not.toContain('very-secret')
})

test('Slack settings - defaults', () => {
  const { settings, problems } = readSlackSettings({ KAFKA_BROKERS: 'kafka:9092', SLACK_INCOMING_WEBHOOK: HOOK })
  expect(problems).toEqual([])
  expect(settings).toMatchObject({ webhook: HOOK, sendSuccess: false, dailyReportTime: 16, timeZone: 'UTC', port: 9101 })
})

test('Slack settings - what an operator set wins, a sink its own over the bare one, nonsense over nothing', () => {
  const log = createLogger('test', 'silent')
  const records = new Map<string, unknown>()
  const change = (service: string, values: Record<string, string>) =>
    records.set(`settings/${service}`, { v: 1, by: 'ann', at: '', values })
  const live = followSettings({ SLACK_SEND_SUCCESS: 'true', CLOUDWATCH_SLACK_SEND_SUCCESS: 'false' }, records, log)
  const told = () => ['segment', 'cloudwatch', 'cloudwatch.sandbox', 'log-archive'].map(live.tellsSuccess)
  expect(told()).toEqual([true, false, false, true])
  change('slack', { SLACK_SEND_SUCCESS: 'false', DAILY_REPORT_TIME: '7' })
  change('log-archive', { SLACK_SEND_SUCCESS: 'true' })
  change('cloudwatch', { CLOUDWATCH_SLACK_SEND_SUCCESS: 'true' })
  expect(told()).toEqual([false, true, true, true])
  expect(live.settings().dailyReportTime).toBe(7)
  change('slack', { DAILY_REPORT_TIME: '70' })
  expect(live.settings()).toMatchObject({ dailyReportTime: 16, sendSuccess: true })
})

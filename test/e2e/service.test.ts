// The page of one service: its past, runs, schedule, settings.
import type { Page } from 'playwright-core'
import { beforeAll, describe, expect, it } from 'vitest'
import { adviceOf } from '../../services/operations/advice.ts'
import { newReport, type Report } from '../../services/topics/records.ts'
import { until } from '../support/wait.ts'
import { dialog, setStage } from './stage.ts'

const stage = setStage()
beforeAll(() => stage.announce(stage.sinkRecord('fourth'), stage.sinkRecord('fifth'), stage.sinkRecord('sixth')))

/** A report of a run that ended so long ago. */
function report(service: string, secondsAgo: number, more: Partial<Report>): Report {
  const at = (seconds: number) => new Date(Date.now() - seconds * 1000).toISOString()
  const times = { started_at: at(secondsAgo + 60), ended_at: at(secondsAgo) }
  return newReport({ service, instance: 'a', run: `r-${secondsAgo}`, status: 'success', ...times, ...more })
}
const tell = (...reports: Report[]) =>
  stage.place().produce(
    reports.map((one) => ({ key: one.service, value: Buffer.from(JSON.stringify(one)) })),
    `${stage.place().prefix}.reports`,
  )
const bodyRows = (page: Page) => page.getByRole('region', { name: 'Runs' }).locator('tbody tr:not(.note)')

describe('service', () => {
  it('schedule - is told in words with its next five ticks before it changes; a scheduled sink runs when asked', async () => {
    const page = await stage.open('services/fourth/schedule')
    expect(await page.getByRole('button', { name: 'Run now…' }).count()).toBe(0)
    const schedule = page.getByLabel('Cron expression', { exact: false })
    await schedule.fill('99 * * * *')
    await page.getByText(/This must be continuous or/).waitFor()
    expect(await page.getByRole('button', { name: 'Reschedule…' }).isDisabled()).toBe(true)
    await schedule.fill('*/5 * * * *')
    await page.getByText('Every 5 minutes', { exact: true }).waitFor()
    await until(
      'the ticks',
      () => page.locator('#ticks li').count(),
      (count) => count === 5,
    )
    await page.getByRole('button', { name: 'Reschedule…' }).click()
    await dialog(page).getByRole('button', { name: 'Reschedule' }).click()
    await dialog(page).waitFor({ state: 'detached' })
    await page
      .getByText(/in \d+ (s|min)$/)
      .first()
      .waitFor()
    await page.getByRole('button', { name: 'Run now…' }).click()
    await dialog(page).getByText('It works once, as at a tick of its schedule').waitFor()
    await dialog(page).getByRole('button', { name: 'Run', exact: true }).click()
    await page.getByText('Asked to run').waitFor()
    const { body } = await stage.console().get('/api/audit')
    expect((body.records as { operation: string }[]).map(({ operation }) => operation)).toContain('run')
  })

  it('settings - level and types are chosen by name, checked as they are typed, and tried on the newest events before they are saved', async () => {
    await stage.send(12, (data, i) => void (data.type = i < 9 ? 's' : 'fp'))
    const page = await stage.open('services/sixth/settings')
    await page.getByLabel('Minimum level').selectOption({ label: 'Error (3)' })
    await page.getByText(/This filter would have left out [\d,]+ \(\d+ %\) of the last [\d,]+ events/).waitFor()
    const types = page.getByRole('textbox', { name: 'SIXTH_LOG_TYPES' })
    await types.fill('x'.repeat(70))
    await page.getByText('Choose by name').click()
    await types.fill('')
    await page.getByLabel('Search').fill('incorrect pass')
    await page.getByRole('checkbox', { name: 'Failed Login (Incorrect Password)' }).check()
    expect(await types.inputValue()).toBe('fp')
    await page.getByLabel('Search').fill('')
    await page.getByRole('button', { name: 'all of auth.login.fail' }).click()
    await page.getByRole('button', { name: 'none of auth.login.fail' }).click()
    expect(await types.inputValue()).toBe('')
    await types.fill('zzz')
    await page.getByText('Nothing would be delivered').waitFor()
    await page.getByLabel('Minimum level').selectOption('')
    await types.fill('fp')
    await page.getByRole('button', { name: 'Save…' }).click()
    await dialog(page).getByText('This filter would have left out', { exact: false }).waitFor()
    await dialog(page).getByRole('button', { name: 'Change' }).click()
    await page.getByText('set here').waitFor()
    await page.getByText('This filter has left out', { exact: false }).waitFor()
    expect(await page.content()).toContain('***')
    expect(await dialog(page).count()).toBe(0)
  })

  it('settings - a warning after saving stays until it is dismissed; START_FROM is refused in words where it is no place', async () => {
    const page = await stage.open('services/fifth/settings')
    const types = page.getByRole('textbox', { name: 'FIFTH_LOG_TYPES' })
    await types.fill('s,zzz')
    await page.getByRole('button', { name: 'Save…' }).click()
    await dialog(page).getByRole('button', { name: 'Change' }).click()
    await page.getByText('set here').first().waitFor()
    await page.getByText('Saved with a warning').first().waitFor()
    await new Promise((resolve) => setTimeout(resolve, 1_000))
    expect(await page.getByText('zzz', { exact: false }).count()).toBeGreaterThan(0)
    await page.getByRole('button', { name: 'Dismiss' }).first().click()
    await page.getByText('Saved with a warning').waitFor({ state: 'detached' })
    await page.getByLabel('A log_id, or a time', { exact: false }).fill('yesterday evening')
    await page.getByRole('button', { name: 'Start from here…' }).click()
    await dialog(page).getByText('What was delivered since then is delivered again.').waitFor()
    await dialog(page).getByRole('button', { name: 'Start from here' }).click()
    await dialog(page).getByText('START_FROM:', { exact: false }).waitFor()
  })

  it('runs - the same failure again and again is one row, with the way to a replay; filter and page are in the address', async () => {
    const error = 'http_401: invalid write key'
    const held = Array.from({ length: 14 }, (_, i) =>
      report('fifth', 2_000 - i * 60, { status: 'held', error, checkpoint: `90020260101${i}`, retries: 2 }),
    )
    const others = Array.from({ length: 12 }, (_, i) =>
      report('fifth', 900 - i * 60, { processed: 5, delivered: 5, dead_lettered: i === 11 ? 2 : 0 }),
    )
    await tell(...held, ...others)
    const page = await stage.open('services/fifth/runs')
    await until(
      'the runs',
      () => bodyRows(page).count(),
      (count) => count === 10,
    )
    expect(
      await page.getByRole('region', { name: 'Runs' }).getByRole('link', { name: '2', exact: true }).getAttribute('href'),
    ).toBe('#/dead-letters/fifth')
    await page.getByRole('button', { name: 'Older' }).click()
    await page.getByText('×14').waitFor()
    expect(page.url()).toContain('page=2')
    await page.getByRole('button', { name: 'Failed runs' }).click()
    await until(
      'the failed ones',
      () => bodyRows(page).count(),
      (count) => count === 1,
    )
    expect(page.url()).toMatch(/filter=errors$/)
    await page.reload()
    await page.getByText('×14').waitFor()
    const replay = page.getByRole('link', { name: /^Replay from the checkpoint/ })
    expect(await replay.getAttribute('href')).toBe('#/replay?sink=fifth&from=9002026010113')
    await page.getByRole('button', { name: /^Show logs/ }).click()
    await dialog(page).getByText(adviceOf(error), { exact: false }).first().waitFor()
    await dialog(page)
      .getByText(/14 runs .* Here the newest 4 reports/)
      .waitFor()
  })

  it('charts - an hour, a day or a week by the address; values are read with the arrow keys', async () => {
    await tell(
      report('fourth', 90_000, { processed: 60, delivered: 60, lag: 7 }),
      report('fourth', 1_800, { processed: 600, delivered: 600, deliveries: 3, delivery_ms: 300, lag: 40 }),
      report('fourth', 1_740, { status: 'held', error: 'http_401: no', lag: 90, dead_lettered: 3 }),
      report('ingest', 1_800, { processed: 1_200, refused: {} }),
    )
    const page = await stage.open('services/fourth')
    const throughput = page.getByRole('slider', { name: /^Throughput/ })
    await throughput.focus()
    const seen = new Set<string>()
    await page.keyboard.press('End')
    for (let step = 0; step < 70; step++) {
      await page.keyboard.press('ArrowLeft')
      seen.add((await throughput.getAttribute('aria-valuetext')) ?? '')
    }
    const told = [...seen].map((text) => text.replace(/^.*?: /, ''))
    expect(told).toContain('out 10/s, in 20/s')
    expect(told.some((text) => text.endsWith('3 dead-lettered, failing'))).toBe(true)
    await page.getByRole('button', { name: '7 d', exact: true }).click()
    await page.getByRole('heading', { name: 'The last 7 days' }).waitFor()
    expect(page.url()).toMatch(/range=7d$/)
    await page.reload()
    await page.getByRole('heading', { name: 'The last 7 days' }).waitFor()
    await page.getByRole('slider', { name: /^Waiting/ }).hover()
    await page
      .getByText(/^\d+ \w+ \d\d:\d\d:\d\d: /)
      .first()
      .waitFor()
  })

  it('partitions - each has its member, what waits in it and its ledger', async () => {
    const page = await stage.open('services/segment/partitions')
    const partitions = page.getByRole('region', { name: 'Partitions' })
    await until(
      'members',
      () => partitions.locator('tbody tr').first().locator('td').first().textContent(),
      (text) => text === '1',
    )
    expect(await partitions.getByText('Yes').count()).toBe(3)
  })
})

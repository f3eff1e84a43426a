// The page of one service: schedule, settings, runs.
import { beforeAll, describe, expect, it } from 'vitest'
import { until } from '../support/wait.ts'
import { dialog, setStage } from './stage.ts'

const stage = setStage()
beforeAll(() => stage.announce(stage.sinkRecord('fourth'), stage.sinkRecord('fifth')))

describe.concurrent('service', () => {
  it('job - rescheduled after its next five ticks are shown; settings are checked while they are typed', async () => {
    const page = await stage.open('services/fourth/schedule')
    const schedule = page.getByLabel('Cron expression', { exact: false })
    await schedule.fill('99 * * * *')
    await page.getByText(/This must be continuous or/).waitFor()
    expect(await page.getByRole('button', { name: 'Reschedule…' }).isDisabled()).toBe(true)
    await schedule.fill('*/5 * * * *')
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
    await page.getByRole('link', { name: 'Settings' }).click()
    await page.getByLabel('FOURTH_LOG_LEVEL').fill('9')
    await page.locator('#FOURTH_LOG_LEVEL-about .problem').waitFor()
    await page.getByLabel('FOURTH_LOG_LEVEL').fill('2')
    await page.getByRole('button', { name: 'Save…' }).click()
    await dialog(page).getByRole('button', { name: 'Change' }).click()
    await page.getByText('set here').waitFor()
    expect(await page.content()).toContain('***')
    expect(await dialog(page).count()).toBe(0)
  })

  it('job - a warning after saving stays until it is dismissed', async () => {
    const page = await stage.open('services/fifth/settings')
    const types = page.getByLabel('FIFTH_LOG_TYPES')
    await types.fill('s,zzz')
    await page.getByRole('button', { name: 'Save…' }).click()
    await dialog(page).getByRole('button', { name: 'Change' }).click()
    await page.getByText('set here').first().waitFor()
    await page.getByText('Saved with a warning').first().waitFor()
    await new Promise((resolve) => setTimeout(resolve, 1_000))
    expect(await page.getByText('zzz', { exact: false }).count()).toBeGreaterThan(0)
    await page.getByRole('button', { name: 'Dismiss' }).first().click()
    await page.getByText('Saved with a warning').waitFor({ state: 'detached' })
  })
})

// The overview: how it stands and what needs a person.
import type { Page } from 'playwright-core'
import { beforeAll, describe, expect, it } from 'vitest'
import { adviceOf } from '../../services/operations/advice.ts'
import { newReport } from '../../services/topics/records.ts'
import { until } from '../support/wait.ts'
import { dialog, setStage } from './stage.ts'

const stage = setStage()
beforeAll(() => stage.announce(stage.sinkRecord('fourth'), stage.sinkRecord('fifth')))

const jobRow = (page: Page, name: string) => page.getByRole('region', { name: 'Sinks and backfill' }).getByRole('row', { name })

describe.concurrent('overview', () => {
  it('jobs - what is wrong is told with what it means for the logs and what to do', async () => {
    const [error, at] = ['http_401: invalid write key', new Date().toISOString()]
    const held = newReport({ service: 'fifth', instance: 'a', run: 'r', status: 'held', started_at: at, ended_at: at, error })
    await stage.place().produce([{ key: 'fifth', value: Buffer.from(JSON.stringify(held)) }], `${stage.place().prefix}.reports`)
    await stage
      .place()
      .produce([{ key: 'state/fifth', value: Buffer.from('{"v":2,"state":"asleep"}') }], `${stage.place().prefix}.control`)
    const page = await stage.open()
    await page.getByText(`1 record in ${stage.place().prefix}.control is not understood and left out`).waitFor()
    await page.getByText(/No log is lost by it\. .*what was understood before it still is\. .*write an empty record/).waitFor()
    await page.getByText('Which', { exact: true }).click()
    await page.getByText(/key state\/fifth: it is of a newer version \(v 2, this one reads 1\)/).waitFor()
    await page.getByText(error).waitFor()
    await page.getByText(adviceOf(error), { exact: false }).waitFor()
    await page.goto('/#/services/fifth/runs')
    await page.getByRole('button', { name: /^Show/ }).first().click()
    await dialog(page).getByText(adviceOf(error), { exact: false }).waitFor()
  })
})

/** These pause the sink and set it back. */
describe('overview and sink', () => {
  it('jobs - a new sink is there by itself; a paused one gathers lag, a resumed one delivers it', async () => {
    const page = await stage.open()
    await jobRow(page, 'fourth').waitFor()
    const sink = page.getByRole('switch', { name: /^segment is/ })
    await sink.click()
    await dialog(page).getByText('Nothing is delivered to it until it is resumed.', { exact: false }).waitFor()
    await dialog(page).getByRole('button', { name: 'Pause' }).click()
    await until(
      'the switch',
      () => sink.getAttribute('aria-checked'),
      (checked) => checked === 'false',
    )
    await new Promise((resolve) => setTimeout(resolve, 500))
    await stage.send(7)
    await until(
      'the lag',
      () => jobRow(page, 'segment').getByRole('cell').nth(3).textContent(),
      (text) => text === '7',
    )
    await sink.click()
    await until(
      'no lag',
      () => jobRow(page, 'segment').getByRole('cell').nth(3).textContent(),
      (text) => text === '0',
    )
    expect(await page.getByRole('region', { name: 'Account' }).getByText('No', { exact: false }).count()).toBe(0)
  })
})

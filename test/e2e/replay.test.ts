// Replay, backfill and dead letters.
import { describe, expect, it } from 'vitest'
import { makeEvents } from '../support/test-events.ts'
import { until } from '../support/wait.ts'
import { dialog, go, row, setStage } from './stage.ts'

const stage = setStage()

describe.concurrent('replay', () => {
  it('backfill - is asked for on the page; without an ingest that can, it says what to start', async () => {
    const page = await stage.open()
    await go(page, 'Backfill')
    await page.getByText('No ingest here reads the Management API', { exact: false }).waitFor()
    expect(await page.getByRole('button', { name: 'Backfill…' }).isDisabled()).toBe(true)
    const record = { ...stage.sinkRecord('backfill'), kind: 'backfill', fields: [] }
    await stage
      .place()
      .produce([{ key: 'service/backfill', value: Buffer.from(JSON.stringify(record)) }], `${stage.place().prefix}.control`)
    await until('the form', () => page.getByRole('button', { name: 'Backfill…' }).isEnabled(), Boolean)
    await page.getByLabel('First log: how').selectOption('log_id')
    await page.getByLabel('First log: log_id').fill('90020261128000000000000000000000000000000000000000000000')
    await page.getByRole('button', { name: 'Backfill…' }).click()
    await dialog(page).getByText('Logs that were delivered before', { exact: false }).waitFor()
    await dialog(page).getByRole('button', { name: 'Backfill' }).click()
    await page.getByText('Backfill started').waitFor()
    await page.getByRole('rowheader', { name: 'backfill' }).waitFor()
  })

  it('dead letter - is opened with its story and its bytes, and redriven', async () => {
    const [{ id }] = makeEvents(1)
    stage.vendor().misbehave({ fault: 'reject', marker: id })
    await stage
      .place()
      .produce([{ key: id, value: Buffer.from(`{"type":"s","log_id":"${id}","user_id":"auth0|7"}`), headers: { type: 's' } }])
    await stage.place().settled()
    stage.vendor().behave()
    const page = await stage.open()
    await go(page, 'Dead letters')
    await row(page, 'http_400').waitFor()
    await page.getByRole('button', { name: /^Open dead letter/ }).click()
    await dialog(page).getByText('"auth0|7"', { exact: false }).waitFor()
    expect(await dialog(page).locator('dt').allTextContents()).toEqual(
      expect.arrayContaining(['reason', 'stage', 'attempts', 'first_at']),
    )
    await dialog(page).getByRole('button', { name: 'Redrive…' }).click()
    await dialog(page).getByText('go to the sink once more', { exact: false }).waitFor()
    await dialog(page).getByRole('button', { name: 'Redrive' }).click()
    await dialog(page).getByText(/^job /i).waitFor()
    await dialog(page).getByRole('link', { name: 'Watch it' }).click()
    await page.getByRole('rowheader', { name: 'redrive' }).waitFor()
    await until(
      'the vendor to have it',
      () => stage.vendor().received.last(),
      (all) => all.some((event) => event.id === id),
    )
    await row(page, 'redrive').getByText('Done').waitFor()
    await go(page, 'Audit')
    await page.getByRole('rowheader', { name: 'dead-letters redrive' }).first().waitFor()
  })
})

/** These pause the sink and set it back. */
describe('replay and sink', () => {
  it('replay - says what will happen, does it, and the vendor has it again', async () => {
    await stage.send(3)
    await stage.place().settled()
    const before = stage.vendor().received.total
    const page = await stage.open()
    await go(page, 'Replay')
    await page.getByLabel('Sink').selectOption('segment')
    await page.getByLabel('From: how').selectOption('earliest')
    await page.getByRole('button', { name: 'Preview' }).click()
    await page.getByRole('heading', { name: 'Preview: nothing has changed yet' }).waitFor()
    const events = await page
      .getByRole('region', { name: /^Preview/ })
      .locator('tfoot .num')
      .last()
      .textContent()
    expect(Number(events)).toBeGreaterThanOrEqual(3)
    expect(stage.vendor().received.total).toBe(before)
    await page.getByRole('button', { name: 'Apply…' }).click()
    await dialog(page).getByText('The sink stops for some seconds', { exact: false }).waitFor()
    await dialog(page).getByRole('button', { name: 'Replay' }).click()
    await page.getByText('its state is running as before', { exact: false }).waitFor({ timeout: 20_000 })
    await until(
      'the account of the replay',
      () => stage.place().accounts(),
      (all) => all.every(({ lag, problems }) => lag === 0 && problems.length === 0),
    )
    const repeated = stage
      .vendor()
      .received.refused()
      .filter(({ why }) => why === 'deduplicated').length
    expect(repeated).toBe(Number(events))
  }, 45_000)
})

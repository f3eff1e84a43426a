// Events: live, found and explained.
import { describe, expect, it } from 'vitest'
import { until } from '../support/wait.ts'
import { dialog, go, setStage } from './stage.ts'

const stage = setStage()

describe.concurrent('events', () => {
  it('live - what is on a paused page stays there while personal data is asked for', async () => {
    const page = await stage.open()
    await go(page, 'Live')
    await page.getByText('Following the topic.').waitFor()
    const [{ id }] = await stage.send(1)
    const link = page.getByRole('link', { name: `…${id.slice(-12)}` })
    await link.waitFor()
    await page.getByRole('button', { name: 'Pause' }).click()
    await page.getByLabel('Show personal data').click()
    await dialog(page).getByRole('button', { name: 'Show' }).click()
    await page.getByText('Personal data is shown').waitFor()
    await page.getByText(/^Paused; /).waitFor()
    expect(await link.count()).toBe(1)
    const [{ id: later }] = await stage.send(1)
    await page.getByRole('button', { name: /^Resume \(/ }).click()
    await page.getByRole('link', { name: `…${later.slice(-12)}` }).waitFor()
    expect(await link.count()).toBe(1)
    await page.getByLabel('Show personal data').click()
    await page.getByRole('button', { name: 'Pause' }).click()
    await page.getByText('Paused. Events that come appear when it is resumed.').or(page.getByText('Resume (')).first().waitFor()
  })

  it('live - an event appears as it arrives, masked; its way is drawn', async () => {
    const page = await stage.open()
    await go(page, 'Live')
    await page.getByText('Following the topic.').waitFor()
    const [{ id }] = await stage.send(1)
    const link = page.getByRole('link', { name: `…${id.slice(-12)}` })
    await link.waitFor()
    await page.getByRole('button', { name: 'Data', exact: true }).first().click()
    await page.getByText('"user_name": "***"').waitFor()
    expect(await page.content()).not.toContain('eve@example.com')
    await until(
      'the delivery',
      () => stage.vendor().received.last(),
      (all) => all.some((event) => event.id === id),
    )
    await link.click()
    await page.getByText('Received', { exact: true }).waitFor()
    await page.getByRole('listitem').filter({ hasText: 'segment' }).last().waitFor()
  })
})

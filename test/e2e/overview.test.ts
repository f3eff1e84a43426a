// The overview: how it stands, what needs a person, and the way of the logs.
import type { Page } from 'playwright-core'
import { beforeAll, describe, expect, it } from 'vitest'
import { adviceOf } from '../../services/operations/advice.ts'
import { newReport, type Report } from '../../services/topics/records.ts'
import { until } from '../support/wait.ts'
import { dialog, setStage } from './stage.ts'

const stage = setStage()
const ingest = () => ({ ...stage.sinkRecord('ingest'), kind: 'ingest', group: '', fields: [] })
beforeAll(() => stage.announce(stage.sinkRecord('fourth'), stage.sinkRecord('fifth'), ingest()))

const sinkBox = (page: Page, name: string) =>
  page
    .getByRole('list', { name: 'Sinks' })
    .getByRole('listitem')
    .filter({ has: page.getByRole('link', { name, exact: true }) })
const waiting = (page: Page, name: string) => sinkBox(page, name).locator('dd .num').textContent()

async function tell(service: string, more: Partial<Report>) {
  const at = new Date().toISOString()
  const report = newReport({ service, instance: 'a', run: `r-${at}`, status: 'success', started_at: at, ended_at: at, ...more })
  await stage.place().produce([{ key: service, value: Buffer.from(JSON.stringify(report)) }], `${stage.place().prefix}.reports`)
}

describe.concurrent('overview', () => {
  it('what needs a person - stands before everything else, gravest first, with what it means for the logs and what to do', async () => {
    const error = 'http_401: invalid write key'
    const next = new Date(Date.now() + 600_000).toISOString()
    await tell('fifth', { status: 'held', error, retries: 3, next_try: next, checkpoint: '900' })
    await tell('ingest', { processed: 5, refused: { unauthorized: 12 } })
    await stage
      .place()
      .produce([{ key: 'state/fifth', value: Buffer.from('{"v":2,"state":"asleep"}') }], `${stage.place().prefix}.control`)
    const page = await stage.open('overview', 'ann', { viewport: { width: 400, height: 800 } })
    await page.getByRole('status').getByText('2 of 3 sinks have a problem').waitFor()
    const needs = page.getByRole('region', { name: 'What needs attention' })
    await needs.getByText('refused 12 bodies in the last hour: unauthorized').waitFor()
    await needs.getByText(`1 record in ${stage.place().prefix}.control is not understood and left out`).waitFor()
    const titles = await needs.locator('.notice strong').allTextContents()
    expect(titles.map((title) => /on hold|No fourth|refused|left out/.exec(title)?.[0])).toEqual([
      'on hold',
      'No fourth',
      'refused',
      'left out',
    ])
    // The first trouble is on the first screen of a phone.
    const { y = 800, height = 0 } = (await needs.locator('.notice').first().boundingBox()) ?? {}
    expect(y + Math.min(height, 100)).toBeLessThan(700)
    await needs.getByText(/No log is lost\. .*the one before it still does\. .*write an empty record/).waitFor()
    await needs.getByText('Which', { exact: true }).click()
    await needs.getByText(/key state\/fifth: it is of a newer version \(v 2, this one reads 1\)/).waitFor()
    await needs.getByText(adviceOf(error), { exact: false }).waitFor()
    await needs.getByText(/next try .*in 10 min/).waitFor()
    await needs.getByText('3 attempts').waitFor()
    expect(await needs.getByRole('link', { name: 'Replay from here' }).getAttribute('href')).toMatch(
      /^#\/replay\?sink=fifth&from=\d+$/,
    )
    await page.context().grantPermissions(['clipboard-read', 'clipboard-write'])
    await needs.getByRole('button', { name: 'Copy auth0-logs settings fifth' }).click()
    expect(await page.evaluate('navigator.clipboard.readText()')).toBe('auth0-logs settings fifth')
  })

  it('the way of the logs - what came in, what the topic holds, and each sink, by numbers that go on by themselves', async () => {
    await stage.send(3)
    const page = await stage.open()
    const box = (name: string) => page.locator('.flow > li').filter({ has: page.getByRole('heading', { name, exact: false }) })
    await box('Ingest').getByText('Refused, last hour').waitFor()
    await until(
      'what the topic holds',
      () => box('Topic').textContent(),
      (text) => /Holds[1-9]\d* event.*Oldest\d+ \w+ \d\d:\d\d:\d\d.*Keeps them35 days/.test(text ?? ''),
    )
    await until(
      'nothing waits',
      () => sinkBox(page, 'segment').textContent(),
      (text) => text?.includes('nothing waits') ?? false,
    )
    await sinkBox(page, 'segment').getByRole('link', { name: 'segment' }).click()
    await page.getByRole('heading', { name: 'segment', level: 1 }).waitFor()
  })

  it('ledger - is one line that says that it balances, and opens to the table; that it is open is in the address', async () => {
    const page = await stage.open()
    await page.getByText('Every event is accounted for').click()
    const table = page.getByRole('region', { name: 'Ledger' })
    await table.getByRole('columnheader', { name: 'Waiting' }).waitFor()
    expect(page.url()).toContain('ledger=open')
    await page.reload()
    await table.getByRole('row').filter({ hasText: 'segment' }).getByText('Yes').waitFor()
    expect(await table.getByText('No', { exact: true }).count()).toBe(0)
  })
})

/** These pause the sink and set it back. */
describe('overview and sink', () => {
  it('sinks - a new one is there by itself; a paused one gathers what waits, a resumed one delivers it', async () => {
    const page = await stage.open()
    await sinkBox(page, 'fourth').waitFor()
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
      'what waits',
      () => waiting(page, 'segment'),
      (text) => text === '7',
    )
    await sink.click()
    await until(
      'nothing waits',
      () => waiting(page, 'segment'),
      (text) => text === '0',
    )
  })
})

// Dead letters: read, chosen, redriven, put away, downloaded.
import { readFile } from 'node:fs/promises'
import type { Page } from 'playwright-core'
import { beforeAll, describe, expect, inject, it, onTestFinished } from 'vitest'
import { ensureTopics } from '../../services/topics/create.ts'
import { testKafka } from '../support/kafka.ts'
import { until } from '../support/wait.ts'
import { accessProblems } from './browser.ts'
import { dialog, go, row, setStage } from './stage.ts'

const stage = setStage()
const idOf = (n: number) => `9002026${String(n).padStart(49, '0')}`

/** One dead letter as a sink writes it. */
function letter(n: number, reason: string, more: { data?: object; topic?: string; time?: number } = {}) {
  const at = new Date().toISOString()
  const story = { topic: stage.place().topic, partition: '0', offset: String(n), log_id: idOf(n), version: '1.0.0' }
  const headers = { ...story, stage: 'deliver', reason, error: `no: ${reason}`, attempts: '1', first_at: at, last_at: at }
  const data = { type: 'fp', log_id: idOf(n), date: at, user_id: 'auth0|7', user_name: 'eve@example.com', ...more.data }
  const time = more.time === undefined ? {} : { timestamp: String(more.time) }
  return { key: idOf(n), value: Buffer.from(JSON.stringify(data)), headers, ...time }
}
const put = (service: string, letters: ReturnType<typeof letter>[]) =>
  stage.place().produce(letters, `${stage.place().prefix}.dead-letter.${service}`)
const range = (from: number, count: number) => Array.from({ length: count }, (_, n) => from + n)
const letters = (page: Page) => page.getByRole('region', { name: 'Dead letters' }).locator('tbody tr')
/** A service without a process has dead letters too. */
async function announce(service: string, more: object = {}) {
  await stage.announce({ ...stage.sinkRecord(service), ...more })
  await ensureTopics(testKafka(inject('brokers'), stage.place().prefix), [{ deadLetters: service }])
}

beforeAll(async () => {
  await announce('many')
  await put(
    'many',
    range(0, 130).map((n) =>
      letter(n, n < 120 ? 'http_400' : 'too_old', { time: n < 60 ? Date.now() - 2 * 86_400_000 : Date.now() }),
    ),
  )
})

describe('dead letters', () => {
  it('list - has type and user, masked; reason, time and page stand in the address', async () => {
    const page = await stage.open('dead-letters/many')
    await page.getByText('130 dead letters', { exact: true }).waitFor()
    expect(await letters(page).count()).toBe(50)
    const first = letters(page).first()
    await first.getByText('Failed Login (Incorrect Password)').waitFor()
    await first.getByText('e***').waitFor()
    expect(await page.locator('main').textContent()).not.toContain('eve@example.com')
    await page.getByRole('button', { name: 'http_400', exact: true }).click()
    await page.getByText('with the reason').waitFor()
    expect(page.url()).toMatch(/\?reason=http_400$/)
    await page.getByRole('button', { name: 'Older' }).click()
    await until(
      'page 2',
      () => page.url(),
      (url) => url.includes('page=2'),
    )
    await page.goto('/#/dead-letters/many?from=today')
    await page.getByText('70 dead letters', { exact: true }).waitFor()
    expect(await page.getByLabel('Put aside').inputValue()).toBe('today')
    expect(await accessProblems(page)).toEqual([])
  })

  it('a redrive that cannot succeed - is said before it is asked for, and again before it is done', async () => {
    const page = await stage.open('dead-letters/many')
    await row(page, 'too_old').getByText('A redrive cannot succeed.', { exact: false }).waitFor()
    expect(
      await row(page, 'too_old')
        .getByRole('button', { name: /^Redrive/ })
        .count(),
    ).toBe(0)
    await page.getByRole('button', { name: 'Redrive all (130)…' }).click()
    await dialog(page).getByText('10 with too_old cannot succeed').waitFor()
    await page.keyboard.press('Escape')
    await row(page, 'too_old').getByRole('button', { name: 'too_old', exact: true }).click()
    await page.getByRole('button', { name: 'Redrive all (10)…' }).click()
    await dialog(page).getByRole('button', { name: 'Redrive anyway' }).waitFor()
  })

  it('download - the selected ones as JSON lines, with the bytes, on record; a viewer cannot', async () => {
    const page = await stage.open('dead-letters/many')
    await page.getByLabel('Select dead letter 129').check()
    await page.getByLabel('Select dead letter 127').check()
    await page.getByRole('button', { name: 'Download selected (2)…' }).click()
    await dialog(page).getByText('It holds personal data').waitFor()
    const coming = page.waitForEvent('download')
    await dialog(page).getByRole('button', { name: 'Download' }).click()
    const file = await coming
    expect(file.suggestedFilename()).toBe('dead-letters-many.jsonl')
    const lines = (await readFile(await file.path(), 'utf8')).trimEnd().split('\n')
    const read = lines.map((line) => JSON.parse(line) as { offset: number; body: string })
    expect(read.map(({ offset }) => offset)).toEqual([127, 129])
    expect(read[0].body).toContain('eve@example.com')
    await go(page, 'Audit')
    await page.getByRole('rowheader', { name: 'dead-letters export' }).first().waitFor()
    const viewer = await stage.open('dead-letters/many', 'vic')
    expect(await viewer.getByRole('button', { name: /^Download all/ }).isDisabled()).toBe(true)
  })

  it('acknowledge - the red goes away; what was put away is still there to be seen', async () => {
    await announce('red')
    await put('red', [letter(0, 'http_400'), letter(1, 'event_too_large'), letter(2, 'event_too_large')])
    const page = await stage.open('dead-letters/red')
    const tab = page.getByRole('navigation', { name: 'Whose' }).getByRole('link', { name: /^red/ })
    await until(
      'the count',
      () => tab.textContent(),
      (text) => text === 'red 3',
    )
    await row(page, 'event_too_large')
      .getByRole('button', { name: /^Acknowledge/ })
      .click()
    await dialog(page).getByText('cannot be redriven any more', { exact: false }).waitFor()
    await dialog(page).getByRole('button', { name: 'Acknowledge', exact: true }).click()
    await page.getByText('1 dead letter', { exact: true }).waitFor()
    await until(
      'the count',
      () => tab.textContent(),
      (text) => text === 'red 1',
    )
    await page.getByLabel('Select dead letter 0').check()
    await page.getByRole('button', { name: 'Acknowledge selected (1)…' }).click()
    await dialog(page).getByRole('button', { name: 'Acknowledge', exact: true }).click()
    await page.getByText('None waits. 3 were redriven or acknowledged.', { exact: false }).waitFor()
    await until(
      'the count',
      () => tab.textContent(),
      (text) => text === 'red',
    )
    await page.getByRole('button', { name: 'Show them' }).click()
    await letters(page).first().getByText('Acknowledged').waitFor()
    expect(page.url()).toMatch(/show=all/)
  })

  it("the ingest's - are on the same page: opened and acknowledged, never redriven", async () => {
    await announce('ingest', { kind: 'ingest', group: '' })
    await put('ingest', [{ ...letter(0, 'not_json'), value: Buffer.from('{"broken') }])
    const page = await stage.open('dead-letters/ingest')
    await page.getByText('are no event that a sink could take', { exact: false }).waitFor()
    expect(await page.getByRole('button', { name: /^Redrive/ }).count()).toBe(0)
    await page.getByRole('button', { name: /^Open dead letter/ }).click()
    await dialog(page).getByText('{"broken').waitFor()
    expect(
      await dialog(page)
        .getByRole('button', { name: /Redrive/ })
        .count(),
    ).toBe(0)
    await dialog(page).getByRole('button', { name: 'Acknowledge…' }).click()
    await dialog(page).getByRole('heading', { name: 'Acknowledge 1 dead letter?' }).waitFor()
  })

  it('that keep coming faster than they are read - are shown all the same', async () => {
    await announce('coming')
    let made = 0
    const putOne = () => put('coming', [letter(made++, 'http_400')])
    await putOne()
    const page = await stage.open('overview')
    await page.route('**/api/operations/dead-letters/list', async (route) => {
      await new Promise((resolve) => setTimeout(resolve, 5_000))
      await route.continue().catch(() => {}) // the page has given it up
    })
    const coming = setInterval(() => void putOne(), 500)
    onTestFinished(() => clearInterval(coming))
    await page.goto('/#/dead-letters/coming')
    await letters(page).first().waitFor()
    const count = () => letters(page).count()
    const first = await count()
    await until('those that came since', count, (now) => now > first, { limitMs: 20_000 })
  })

  it('400 px - every row can be read and chosen, nothing is cut', async () => {
    const page = await stage.open('dead-letters/many', 'ann', { viewport: { width: 400, height: 800 }, colorScheme: 'dark' })
    await letters(page).first().waitFor()
    await page.locator('.check.narrow input').check()
    await page.getByRole('button', { name: 'Redrive selected (50)…' }).waitFor()
    const wide = await page.evaluate<number>('document.documentElement.scrollWidth')
    expect(wide).toBeLessThanOrEqual(400)
    expect(await accessProblems(page)).toEqual([])
  })
})

/** These deliver to the vendor. */
describe('dead letters and sink', () => {
  it('redrive - opened with its story and its bytes, and from the list in three clicks; the page shows it by itself', async () => {
    stage.vendor().misbehave({ fault: 'reject', marker: 'refuse-me' })
    const ids = range(500, 3).map(idOf)
    await stage.place().produce(
      ids.map((id) => ({
        key: id,
        value: Buffer.from(`{"type":"s","log_id":"${id}","user_id":"auth0|7","client_name":"refuse-me"}`),
        headers: { type: 's' },
      })),
    )
    await stage.place().settled()
    stage.vendor().behave()
    const narrow = await stage.open(`explain/${ids[0]}`, 'ann', { viewport: { width: 400, height: 800 } })
    await narrow.getByText('"message":', { exact: false }).waitFor()
    expect(await narrow.evaluate<number>('document.documentElement.scrollWidth')).toBe(400)
    const page = await stage.open()
    await go(page, 'Dead letters')
    await page.getByRole('link', { name: /^segment/ }).click()
    await row(page, 'http_400').waitFor()
    await page
      .getByRole('button', { name: /^Open dead letter/ })
      .first()
      .click()
    await dialog(page).getByText('"auth0|7"', { exact: false }).waitFor()
    expect(await dialog(page).locator('dt').allTextContents()).toEqual(
      expect.arrayContaining(['reason', 'stage', 'attempts', 'first_at']),
    )
    await dialog(page).getByRole('button', { name: 'Close' }).click()
    await page.getByLabel('Select dead letter 1').check()
    await page.getByRole('button', { name: 'Redrive selected (1)…' }).click()
    await dialog(page).getByText('to the sink once more', { exact: false }).waitFor()
    await dialog(page).getByRole('button', { name: 'Redrive' }).click()
    await page.getByRole('region', { name: 'Redriving' }).getByText('1 delivered').waitFor({ timeout: 30_000 })
    expect(stage.vendor().received.last()).toHaveLength(1)
    await page.getByText('2 dead letters', { exact: true }).waitFor()
    await page.getByRole('button', { name: 'Redrive all (2)…' }).click()
    await dialog(page).getByRole('button', { name: 'Redrive' }).click()
    await page.getByText('None waits. 3 were redriven or acknowledged.', { exact: false }).waitFor({ timeout: 30_000 })
    expect(
      new Set(
        stage
          .vendor()
          .received.last()
          .map(({ id }) => id),
      ),
    ).toEqual(new Set(ids))
    await go(page, 'Audit')
    await page.getByRole('rowheader', { name: 'dead-letters redrive' }).first().waitFor()
  })
})

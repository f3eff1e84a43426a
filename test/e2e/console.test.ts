// The console as an operator uses it: a real browser, a real Kafka, a sink, and the vendor's stand-in.
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import { adviceOf } from '../../services/operations/advice.ts'
import { startSegment } from '../../services/sandbox/segment.ts'
import type { StandIn } from '../../services/sandbox/stand-in.ts'
import type { Sink } from '../../services/sinks/runtime/contract.ts'
import { segment } from '../../services/sinks/segment/sink.ts'
import { newJob } from '../../services/topics/jobs.ts'
import { newReport } from '../../services/topics/records.ts'
import { cookieOf, type Name, openConsole, PASSWORDS, type TestConsole } from '../console/console.ts'
import { type Installation, install } from '../support/installation.ts'
import { type Broker, openBroker } from '../support/plain-kafka.ts'
import { makeEvents, recordOf } from '../support/test-events.ts'
import { until } from '../support/wait.ts'
import { accessProblems, logIn, openBrowser, openPage } from './browser.ts'

let browser: Browser
let broker: Broker
let vendor: StandIn
let place: Installation
let console: TestConsole

beforeAll(async () => {
  broker = await openBroker(inject('brokers'))
  vendor = await startSegment()
  place = install(broker, segment as unknown as Sink, { SEGMENT_KEY: 'key', SEGMENT_HOST: vendor.origin })
  const opening = openBrowser()
  ;[console] = await Promise.all([openConsole(inject('brokers'), place.prefix), place.start()])
  const records = [fourth(), fourth('fifth')]
  const announced = records.map((record) => ({ key: `service/${record.service}`, value: Buffer.from(JSON.stringify(record)) }))
  await place.produce(announced, `${place.prefix}.control`)
  browser = await opening
}, 60_000)

afterAll(async () => {
  await browser?.close()
  await console?.close()
  await place?.close()
  await vendor?.close()
  await broker?.close()
})

/** A sink that this console has never heard of, as it would announce itself. */
const fourth = (service = 'fourth') => ({
  v: 1,
  service,
  kind: 'sink',
  version: '1.0.0',
  group: `${place.prefix}.${service}`,
  started_at: new Date().toISOString(),
  state: 'running',
  sandbox: false,
  start_from: '',
  fields: [
    field(`${service.toUpperCase()}_SCHEDULE`, { default: 'continuous', live: true }),
    field(`${service.toUpperCase()}_LOG_LEVEL`, { meaning: 'Least level delivered', live: true }),
    field(`${service.toUpperCase()}_LOG_TYPES`, { kind: 'list', live: true }),
    field(`${service.toUpperCase()}_KEY`, { secret: true, value: '***' }),
  ],
})
const ROW = { kind: 'text', meaning: 'What it means', default: '', unit: '', choices: [], secret: false, required: false }
const field = (name: string, more: object) => ({ name, ...ROW, live: false, value: '', ...more })

const send = async (count: number) => {
  const events = makeEvents(count, (data) => void (data.user_name = 'eve@example.com'))
  await place.produce(events.map((event) => recordOf(event)))
  return events
}
/** One login a user for all pages: the form has a test of its own. */
const sessions = new Map<Name, Promise<string>>()
const sessionOf = (name: Name) => {
  const known = sessions.get(name) ?? console.login(name, PASSWORDS[name]).then(cookieOf)
  sessions.set(name, known)
  return known
}
const open = async (as: Name = 'ann') => {
  const [name, value] = (await sessionOf(as)).split('=')
  const page = await openPage(browser, console.origin, {
    storageState: { cookies: [{ ...COOKIE, name, value, domain: new URL(console.origin).hostname }], origins: [] },
  })
  await page.getByRole('heading', { name: 'Jobs', level: 1 }).waitFor()
  return page
}
const COOKIE = { path: '/', expires: -1, httpOnly: true, secure: false, sameSite: 'Strict' as const }
/** To a page by its link. Ends when that page is shown: until then its labels may be found on the one before. */
async function go(page: Page, name: string): Promise<void> {
  await page.getByRole('navigation', { name: 'Pages' }).getByRole('link', { name }).click()
  await page.getByRole('heading', { name, level: 1 }).waitFor()
}
const row = (page: Page, name: string) =>
  page.getByRole('row').filter({ has: page.getByRole('rowheader', { name, exact: true }) })
const jobRow = (page: Page, name: string) => page.getByRole('region', { name: 'Sinks and backfill' }).getByRole('row', { name })
const dialog = (page: Page) => page.getByRole('dialog')

/** Texts of table cells that do not fit 400 px. */
const BEYOND_400 = `[...document.querySelectorAll('table.cards :is(th, td), table.cards :is(th, td) *')]
  .filter((cell) => cell.closest('.hidden, thead') === null)
  .filter((cell) => cell.getBoundingClientRect().right > 400.5 || (cell.clientWidth > 0 && cell.scrollWidth > cell.clientWidth + 1))
  .map(({ textContent }) => textContent)`

/** These let the sink work, so they may go on beside each other. */
describe.concurrent('console', () => {
  it('login - refuses in words, lets in, and out: then there is nothing to see', async () => {
    const page = await openPage(browser, console.origin)
    await page.getByLabel('Name').fill('ann')
    await page.getByLabel('Password').fill('wrong')
    await page.getByRole('button', { name: 'Log in' }).click()
    await page.getByText('The name or the password is wrong', { exact: false }).waitFor()
    await logIn(page, 'ann', PASSWORDS.ann)
    await page.getByRole('button', { name: 'Log out' }).click()
    await page.getByRole('heading', { name: 'Auth0 logs' }).waitFor()
    await page.goto('/#/audit')
    await page.reload()
    await page.getByLabel('Password').waitFor()
    expect(await page.getByText('Audit').count()).toBe(0)
  })

  it('job - rescheduled after its next five ticks are shown; settings are checked while they are typed', async () => {
    const page = await open()
    await page.getByRole('link', { name: 'fourth' }).click()
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
      .getByText(/^in \d+ (sec|min)\./)
      .first()
      .waitFor()
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
    const page = await open()
    await page.getByRole('link', { name: 'fifth' }).click()
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

  it('jobs - what is wrong is told with what it means for the logs and what to do', async () => {
    const [error, at] = ['http_401: invalid write key', new Date().toISOString()]
    const held = newReport({ service: 'fifth', instance: 'a', run: 'r', status: 'held', started_at: at, ended_at: at, error })
    await place.produce([{ key: 'fifth', value: Buffer.from(JSON.stringify(held)) }], `${place.prefix}.reports`)
    await place.produce([{ key: 'state/fifth', value: Buffer.from('{"v":2,"state":"asleep"}') }], `${place.prefix}.control`)
    const page = await open()
    await page.getByText(`1 record in ${place.prefix}.control is not understood and left out`).waitFor()
    await page.getByText(/No log is lost by it\. .*what was understood before it still is\. .*write an empty record/).waitFor()
    await page.getByText('Which', { exact: true }).click()
    await page.getByText(/key state\/fifth: it is of a newer version \(v 2, this one reads 1\)/).waitFor()
    await page.getByText(error).waitFor()
    await page.getByText(adviceOf(error), { exact: false }).waitFor()
    await page.goto('/#/jobs/fifth')
    await page.getByRole('button', { name: /^Show/ }).first().click()
    await dialog(page).getByText(adviceOf(error), { exact: false }).waitFor()
  })

  it('dialogs - look the same wherever they are opened, and give the focus back to what opened them', async () => {
    const page = await open()
    await page.getByRole('link', { name: 'fifth' }).click()
    const active = () => page.evaluate<string>('document.activeElement.textContent + document.activeElement.ariaLabel')
    for (const [name, title] of [
      ['Stop…', 'Stop fifth?'],
      ['fifth is running', 'Pause fifth?'],
    ]) {
      const opener = page.getByRole(name === 'Stop…' ? 'button' : 'switch', { name })
      await opener.focus()
      await page.keyboard.press('Enter')
      await dialog(page).getByText(title).waitFor()
      const style = await page.evaluate<string>(
        '(({ fontSize, fontWeight }) => `${fontSize} ${fontWeight}`)(getComputedStyle(document.querySelector("dialog p")))',
      )
      expect([title, style]).toEqual([title, '14px 400'])
      await page.keyboard.press('Escape')
      await dialog(page).waitFor({ state: 'detached' })
      await until('the focus', active, (text) => text.includes(name))
    }
  })

  it('live - what is on a paused page stays there while personal data is asked for', async () => {
    const page = await open()
    await go(page, 'Live')
    await page.getByText('Following the topic.').waitFor()
    const [{ id }] = await send(1)
    const link = page.getByRole('link', { name: `…${id.slice(-12)}` })
    await link.waitFor()
    await page.getByRole('button', { name: 'Pause' }).click()
    await page.getByLabel('Show personal data').click()
    await dialog(page).getByRole('button', { name: 'Show' }).click()
    await page.getByText('Personal data is shown').waitFor()
    await page.getByText(/^Paused; /).waitFor()
    expect(await link.count()).toBe(1)
    const [{ id: later }] = await send(1)
    await page.getByRole('button', { name: /^Resume \(/ }).click()
    await page.getByRole('link', { name: `…${later.slice(-12)}` }).waitFor()
    expect(await link.count()).toBe(1)
    await page.getByLabel('Show personal data').click()
    await page.getByRole('button', { name: 'Pause' }).click()
    await page.getByText('Paused. Events that come appear when it is resumed.').or(page.getByText('Resume (')).first().waitFor()
  })

  it('addresses - odd ones show a page, not nothing; services that deliver nothing have pages without switches', async () => {
    const page = await open()
    for (const odd of ['%', 'jobs/%', 'live/%E0%A4%A', 'letters/__proto__', 'jobs/constructor']) {
      await page.goto(`/#/${odd}`)
      await page.reload()
      await page.getByRole('heading', { level: 1 }).waitFor()
    }
    await page.goto('/#/jobs')
    await page.getByRole('link', { name: 'console', exact: true }).click()
    await page.getByRole('heading', { name: 'console', level: 1 }).waitFor()
    await page.getByRole('heading', { name: 'Settings' }).waitFor()
    expect(await page.getByRole('switch').count()).toBe(0)
    expect(await page.getByText('0 members').count()).toBe(0)
  })

  it('backfill - is asked for on the page; without an ingest that can, it says what to start', async () => {
    const page = await open()
    await go(page, 'Replay')
    await page.getByRole('heading', { name: 'Read from Auth0 again' }).waitFor()
    await page.getByText('No ingest here reads the Management API', { exact: false }).waitFor()
    expect(await page.getByRole('button', { name: 'Backfill…' }).isDisabled()).toBe(true)
    const record = { ...fourth('backfill'), kind: 'backfill', fields: [] }
    await place.produce([{ key: 'service/backfill', value: Buffer.from(JSON.stringify(record)) }], `${place.prefix}.control`)
    await until('the form', () => page.getByRole('button', { name: 'Backfill…' }).isEnabled(), Boolean)
    await page.getByLabel('First log: how').selectOption('log_id')
    await page.getByLabel('First log: log_id').fill('90020261128000000000000000000000000000000000000000000000')
    await page.getByRole('button', { name: 'Backfill…' }).click()
    await dialog(page).getByText('Logs that were delivered before', { exact: false }).waitFor()
    await dialog(page).getByRole('button', { name: 'Backfill' }).click()
    await page.getByText('Backfill started').waitFor()
    await page.getByRole('rowheader', { name: 'backfill' }).waitFor()
  })

  it('viewer - sees the same and can press nothing that changes anything', async () => {
    const page = await open('vic')
    const sink = page.getByRole('switch', { name: /^segment is/ })
    expect(await sink.isDisabled()).toBe(true)
    await page.getByRole('link', { name: 'segment' }).click()
    await page.getByRole('heading', { name: 'Settings' }).waitFor()
    await page.getByLabel('SEGMENT_LOG_TYPES').waitFor()
    for (const name of ['Save…', 'Reschedule…']) expect(await page.getByRole('button', { name }).isDisabled()).toBe(true)
    expect(await page.getByRole('button', { name: 'Stop…' }).count()).toBe(0)
    await go(page, 'Live')
    await page.getByText('Following the topic.').waitFor()
    expect(await page.getByLabel('Show personal data').count()).toBe(0)
    const status = await page.evaluate(`fetch('/api/operations/pause', { method: 'POST', body: '{"sink":"segment"}',
      headers: { 'content-type': 'application/json' } }).then(({ status }) => status)`)
    expect(status).toBe(403)
  })

  it('access - axe finds nothing on any page, light or dark; at 400 px nothing is cut off', async () => {
    const job = newJob({
      id: 'wide',
      service: 'fourth',
      kind: 'replay',
      from: 'earliest',
      to: 'latest',
      by: 'a-name.of-somebody',
    })
    const done = { ...job, state: 'done', delivered: 1_013_655, ended_at: job.at }
    const ranges = [{ partition: 0, from: 0, to: 1_013_655, reached: 1_013_655 }]
    const value = Buffer.from(JSON.stringify({ ...done, ranges }))
    await place.produce([{ key: 'job/fourth/wide', value }], `${place.prefix}.control`)
    const closed = await openPage(browser, console.origin)
    await closed.getByLabel('Password').waitFor()
    expect(await accessProblems(closed)).toEqual([])
    const page = await open()
    for (const name of [
      'jobs',
      'jobs/segment',
      'jobs/console',
      'live',
      'live/x',
      'replay',
      'letters',
      'letters/segment',
      'audit',
    ]) {
      await page.setViewportSize({ width: 1280, height: 800 })
      await page.emulateMedia({ colorScheme: 'light' })
      await page.goto(`/#/${name}`)
      await page.getByRole('heading', { level: 1 }).waitFor()
      await page.getByText('Loading…').first().waitFor({ state: 'detached' })
      if (name === 'replay') await page.getByText('1,013,655 of 1,013,655').waitFor()
      expect([name, await accessProblems(page)]).toEqual([name, []])
      await page.emulateMedia({ colorScheme: 'dark' })
      expect([name, 'dark', await accessProblems(page, ['color-contrast'])]).toEqual([name, 'dark', []])
      await page.setViewportSize({ width: 400, height: 800 })
      expect([name, await page.evaluate<number>('document.documentElement.scrollWidth')]).toEqual([name, 400])
      expect([name, await page.evaluate<string[]>(BEYOND_400)]).toEqual([name, []])
    }
  }, 45_000)

  it('live - an event appears as it arrives, masked; its way is drawn', async () => {
    const page = await open()
    await go(page, 'Live')
    await page.getByText('Following the topic.').waitFor()
    const [{ id }] = await send(1)
    const link = page.getByRole('link', { name: `…${id.slice(-12)}` })
    await link.waitFor()
    await page.getByRole('button', { name: 'Data', exact: true }).click()
    await page.getByText('"user_name": "***"').waitFor()
    expect(await page.content()).not.toContain('eve@example.com')
    await until(
      'the delivery',
      () => vendor.received.last(),
      (all) => all.some((event) => event.id === id),
    )
    await link.click()
    await dialog(page).getByText('Received', { exact: true }).waitFor()
    await dialog(page).getByRole('listitem').filter({ hasText: 'segment' }).last().waitFor()
  })

  it('dead letter - is opened with its story and its bytes, and redriven', async () => {
    const [{ id }] = makeEvents(1)
    vendor.misbehave({ fault: 'reject', marker: id })
    await place.produce([
      { key: id, value: Buffer.from(`{"type":"s","log_id":"${id}","user_id":"auth0|7"}`), headers: { type: 's' } },
    ])
    await place.settled()
    vendor.behave()
    const page = await open()
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
      () => vendor.received.last(),
      (all) => all.some((event) => event.id === id),
    )
    await row(page, 'redrive').getByText('Done').waitFor()
    await go(page, 'Audit')
    await page.getByRole('rowheader', { name: 'dead-letters redrive' }).first().waitFor()
  })
})

/** These pause the sink and set it back. */
describe('console and sink', () => {
  it('jobs - a new sink is there by itself; a paused one gathers lag, a resumed one delivers it', async () => {
    const page = await open()
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
    await send(7)
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

  it('replay - says what will happen, does it, and the vendor has it again', async () => {
    await send(3)
    await place.settled()
    const before = vendor.received.total
    const page = await open()
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
    expect(vendor.received.total).toBe(before)
    await page.getByRole('button', { name: 'Apply…' }).click()
    await dialog(page).getByText('The sink stops for some seconds', { exact: false }).waitFor()
    await dialog(page).getByRole('button', { name: 'Replay' }).click()
    await page.getByText('its state is running as before', { exact: false }).waitFor({ timeout: 20_000 })
    await until(
      'the account of the replay',
      () => place.accounts(),
      (all) => all.every(({ lag, problems }) => lag === 0 && problems.length === 0),
    )
    const repeated = vendor.received.refused().filter(({ why }) => why === 'deduplicated').length
    expect(repeated).toBe(Number(events))
  }, 45_000)
})

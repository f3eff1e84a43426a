// A console as an operator uses it: a real browser, a real Kafka, a sink, and the vendor's stand-in. One for all tests of a file.
import { AsyncLocalStorage } from 'node:async_hooks'
import type { Browser, BrowserContextOptions, Page } from 'playwright-core'
import { afterAll, aroundEach, beforeAll, inject, vi } from 'vitest'
import { start as startSegment } from '../../services/sinks/segment/stand-in/start.ts'
import type { StandIn } from '../../services/sandbox/stand-in.ts'
import type { Sink } from '../../services/sinks/runtime/contract.ts'
import { segment } from '../../services/sinks/segment/sink.ts'
import { cookieOf, type Name, openConsole, PASSWORDS, type TestConsole, USERS } from '../console/console.ts'
import { type Installation, install } from '../support/installation.ts'
import { type Broker, openBroker } from '../support/plain-kafka.ts'
import { makeEvents, recordOf } from '../support/test-events.ts'
import { openBrowser, openPage } from './browser.ts'

/** Five pages draw at once on two cores, beside other files: what bounds a test here is its steps, each of which has a limit of its own. */
const TEST_MS = 90_000

/** Pages side by side belong to several operators, as they would: the console lets one user have eight operations under way. */
const OPERATORS = ['ann', 'ben', 'cleo', 'dora', 'emil']
const ALL_USERS = [USERS, ...OPERATORS.slice(1).map((name) => USERS.split(',')[0].replace('ann', name))].join(', ')

/** What a person would have seen when the test failed. */
async function seenOn(page: Page, test: string): Promise<string> {
  const text = await page
    .locator('body')
    .innerText({ timeout: 5_000 })
    .catch((error: Error) => error.message)
  return `\n--- ${test}: ${page.url()}\n${text}\n---\n`
}

export type Stage = ReturnType<typeof setStage>

/** Opens everything before the tests of the file and closes it after them; its members are there from the first test on. */
export function setStage() {
  vi.setConfig({ testTimeout: TEST_MS })
  let browser: Browser
  let broker: Broker
  let vendor: StandIn
  let place: Installation
  let console: TestConsole
  /** One login a user for all pages: the form has a test of its own. */
  const sessions = new Map<string, Promise<string>>()
  let opened = 0
  /** The pages of each test, which may run side by side. */
  const ofTest = new AsyncLocalStorage<Page[]>()
  const note = (page: Page) => {
    ofTest.getStore()?.push(page)
    return page
  }

  // A page that is left open goes on drawing beside the tests that follow.
  aroundEach(async (run, { task }) => {
    const pages: Page[] = []
    await ofTest.run(pages, run)
    if (task.result?.state === 'fail') for (const page of pages) process.stderr.write(await seenOn(page, task.name))
    await Promise.all(pages.map((page) => page.context().close()))
  }, 60_000)

  beforeAll(async () => {
    broker = await openBroker(inject('brokers'))
    vendor = await startSegment()
    place = install(broker, segment as unknown as Sink, { SEGMENT_KEY: 'key', SEGMENT_HOST: vendor.origin })
    const opening = openBrowser()
    ;[console] = await Promise.all([openConsole(inject('brokers'), place.prefix, { CONSOLE_USERS: ALL_USERS }), place.start()])
    browser = await opening
  }, 60_000)

  afterAll(async () => {
    await browser?.close()
    await console?.close()
    await place?.close()
    await vendor?.close()
    await broker?.close()
  })

  const sessionOf = (name: string, password: string) => {
    const known = sessions.get(name) ?? console.login(name, password).then(cookieOf)
    sessions.set(name, known)
    return known
  }
  return {
    place: () => place,
    vendor: () => vendor,
    console: () => console,
    /** A page on which nobody is logged in. */
    openClosed: async (options: BrowserContextOptions = {}) => note(await openPage(browser, console.origin, options)),
    /** A page at an address such as `services/segment/runs`, the overview unless given. */
    async open(address = 'overview', as: Name = 'ann', options: BrowserContextOptions = {}): Promise<Page> {
      const [name, value] = (await sessionOf(as === 'ann' ? OPERATORS[opened++ % OPERATORS.length] : as, PASSWORDS[as])).split(
        '=',
      )
      const cookies = [{ ...COOKIE, name, value, domain: new URL(console.origin).hostname }]
      const page = note(await openPage(browser, console.origin, { ...options, storageState: { cookies, origins: [] } }))
      await page.goto(`/#/${address}`)
      await page.getByRole('heading', { level: 1 }).waitFor()
      return page
    },
    /** Events of `eve@example.com` into the topic. */
    async send(count: number, change: (data: Record<string, unknown>, i: number) => void = () => {}) {
      const events = makeEvents(count, (data, i) => {
        data.user_name = 'eve@example.com'
        change(data, i)
      })
      await place.produce(events.map((event) => recordOf(event)))
      return events
    },
    /** Sinks that this console has never heard of, as they would announce themselves. */
    announce: (...records: { service: string }[]) =>
      place.produce(
        records.map((record) => ({ key: `service/${record.service}`, value: Buffer.from(JSON.stringify(record)) })),
        `${place.prefix}.control`,
      ),
    /** A sink without a process, with the usual settings. */
    sinkRecord: (service: string) => ({
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
        field(`${service.toUpperCase()}_LOG_LEVEL`, { meaning: 'Minimum level to deliver', live: true }),
        field(`${service.toUpperCase()}_LOG_TYPES`, { kind: 'list', live: true }),
        field(`${service.toUpperCase()}_KEY`, { secret: true, value: '***' }),
      ],
    }),
  }
}

const COOKIE = { path: '/', expires: -1, httpOnly: true, secure: false, sameSite: 'Strict' as const }
const ROW = { kind: 'text', meaning: 'What it means', default: '', unit: '', choices: [], secret: false, required: false }
const field = (name: string, more: object) => ({ name, ...ROW, live: false, value: '', ...more })

/** To a page by its link. Ends when that page is shown: until then its labels may be found on the one before. */
export async function go(page: Page, name: string): Promise<void> {
  await page.getByRole('navigation', { name: 'Pages' }).getByRole('link', { name, exact: false }).click()
  await page.getByRole('heading', { name, level: 1 }).waitFor()
}
/** A row of a table by its header. */
export const row = (page: Page, name: string) =>
  page.getByRole('row').filter({ has: page.getByRole('rowheader', { name, exact: true }) })
export const dialog = (page: Page) => page.getByRole('dialog')

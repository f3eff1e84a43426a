// The page while Kafka is frozen: what is old looks old, with its time, and every page says what it means.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Browser } from 'playwright-core'
import type { Broker } from '../../services/local/broker/broker.ts'
import { openConsole, PASSWORDS, type TestConsole } from '../console/console.ts'
import { newPrefix } from '../support/kafka.ts'
import { ownBroker } from '../support/own-broker.ts'
import { until } from '../support/wait.ts'
import { logIn, openBrowser, openPage } from './browser.ts'
import { go } from './stage.ts'

const AWAY_MS = 30_000
let broker: Broker
let console: TestConsole
let browser: Browser

beforeAll(async () => {
  const opening = openBrowser()
  broker = await ownBroker({})
  console = await openConsole(broker.brokers, newPrefix())
  browser = await opening
}, 90_000)
afterAll(async () => {
  process.kill(broker.pid, 'SIGCONT')
  await browser?.close()
  await console?.close()
  await broker?.discard()
})

describe('Kafka frozen', () => {
  it('the page - greys its numbers, names their time, says what it means, and comes back by itself', async () => {
    const page = await openPage(browser, console.origin)
    await logIn(page, 'ann', PASSWORDS.ann)
    const main = page.locator('#main')
    await page.locator('.fresh.good').waitFor()
    expect(await main.getAttribute('class')).not.toContain('stale')

    process.kill(broker.pid, 'SIGSTOP')
    const away = page.getByText('Kafka does not answer', { exact: true }).first()
    await away.waitFor({ timeout: AWAY_MS })
    expect(await main.getAttribute('class')).toContain('stale')
    await page.locator('.fresh.warn').waitFor()
    // In the order of the sentence: since when Kafka is away, and from when the numbers are, which was before that.
    const [since, read] = await page.getByRole('status').filter({ hasText: 'Nothing is lost' }).locator('time').all()
    const [sinceMs, readMs] = [since, read].map(async (time) => Date.parse((await time.getAttribute('datetime'))!))
    expect(await readMs).toBeLessThanOrEqual(await sinceMs)
    expect(Date.now() - (await readMs)).toBeLessThan(120_000)

    await go(page, 'Live')
    await page.getByText('Kafka does not answer: events are shown from when it does.').waitFor()
    await page.goto('/#/find?q=eve%40example.com')
    await page.getByText('Nothing was found before the search ended.').waitFor({ timeout: AWAY_MS })
    expect(await page.getByText('failed unexpectedly').count()).toBe(0)

    process.kill(broker.pid, 'SIGCONT')
    await away.waitFor({ state: 'detached', timeout: AWAY_MS })
    await page.getByText('No event holds this text.', { exact: false }).waitFor()
    await page.locator('.fresh.good').waitFor()
    await until(
      'the numbers to be as black as before',
      () => main.getAttribute('class'),
      (names) => !names?.includes('stale'),
    )
  }, 120_000)
})

// The frame of the console: login, addresses, roles, dialogs, and that everybody can use it.
import { beforeAll, describe, expect, it } from 'vitest'
import { newJob } from '../../services/topics/jobs.ts'
import { PASSWORDS } from '../console/console.ts'
import { until } from '../support/wait.ts'
import { accessProblems, logIn } from './browser.ts'
import { dialog, go, setStage } from './stage.ts'

const stage = setStage()
beforeAll(() => stage.announce(stage.sinkRecord('fifth')))

/** Texts of table cells that do not fit 400 px. */
const BEYOND_400 = `[...document.querySelectorAll('table.cards :is(th, td), table.cards :is(th, td) *')]
  .filter((cell) => cell.closest('.hidden, thead') === null)
  .filter((cell) => cell.getBoundingClientRect().right > 400.5 || (cell.clientWidth > 0 && cell.scrollWidth > cell.clientWidth + 1))
  .map(({ textContent }) => textContent)`

describe.concurrent('frame', () => {
  it('login - refuses in words, lets in, and out: then there is nothing to see', async () => {
    const page = await stage.openClosed()
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

  it('addresses - odd ones show a page, not nothing; services that deliver nothing have pages without switches', async () => {
    const page = await stage.open()
    for (const odd of ['%', 'jobs/%', 'live/%E0%A4%A', 'letters/__proto__', 'services/constructor', 'nosuch', '__proto__']) {
      await page.goto(`/#/${odd}`)
      await page.reload()
      await page.getByRole('heading', { level: 1 }).waitFor()
    }
    await page.goto('/#/jobs')
    await page.getByRole('heading', { name: 'Overview', level: 1 }).waitFor()
    await page.getByRole('link', { name: 'console', exact: true }).click()
    await page.getByRole('heading', { name: 'console', level: 1 }).waitFor()
    await page.getByRole('link', { name: 'Settings' }).waitFor()
    expect(await page.getByRole('switch').count()).toBe(0)
    expect(await page.getByText('0 members').count()).toBe(0)
  })

  it('viewer - sees the same and can press nothing that changes anything', async () => {
    const page = await stage.open('overview', 'vic')
    const sink = page.getByRole('switch', { name: /^segment is/ })
    expect(await sink.isDisabled()).toBe(true)
    await page.goto('/#/services/segment/schedule')
    expect(await page.getByRole('button', { name: 'Reschedule…' }).isDisabled()).toBe(true)
    await page.getByRole('link', { name: 'Settings' }).click()
    await page.getByLabel('SEGMENT_LOG_TYPES').waitFor()
    expect(await page.getByRole('button', { name: 'Save…' }).isDisabled()).toBe(true)
    expect(await page.getByRole('button', { name: 'Stop…' }).count()).toBe(0)
    await go(page, 'Live')
    await page.getByText('Following the topic.').waitFor()
    expect(await page.getByLabel('Show personal data').count()).toBe(0)
    const status = await page.evaluate(`fetch('/api/operations/pause', { method: 'POST', body: '{"sink":"segment"}',
      headers: { 'content-type': 'application/json' } }).then(({ status }) => status)`)
    expect(status).toBe(403)
  })

  it('dialogs - look the same wherever they are opened, and give the focus back to what opened them', async () => {
    const page = await stage.open('services/fifth')
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

  it('access - axe finds nothing on any page, light or dark; at 400 px nothing is cut off', async () => {
    const job = newJob({
      id: 'wide',
      service: 'fifth',
      kind: 'replay',
      from: 'earliest',
      to: 'latest',
      by: 'a-name.of-somebody',
    })
    const done = { ...job, state: 'done', delivered: 1_013_655, ended_at: job.at }
    const ranges = [{ partition: 0, from: 0, to: 1_013_655, reached: 1_013_655 }]
    const value = Buffer.from(JSON.stringify({ ...done, ranges }))
    await stage.place().produce([{ key: 'job/fifth/wide', value }], `${stage.place().prefix}.control`)
    const closed = await stage.openClosed()
    await closed.getByLabel('Password').waitFor()
    expect(await accessProblems(closed)).toEqual([])
    const page = await stage.open()
    for (const name of [
      'overview',
      'services/segment',
      'services/segment/runs',
      'services/segment/schedule',
      'services/segment/settings',
      'services/segment/partitions',
      'services/console',
      'live',
      'find',
      'explain',
      'explain/x',
      'replay',
      'backfill',
      'dead-letters',
      'dead-letters/segment',
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
  }, 90_000)
})

/** Alone, for what it counts. */
describe('visit', () => {
  it('a visit - loads less than 250 KB, whichever page it begins with', async () => {
    const loaded = `[...performance.getEntriesByType('navigation'), ...performance.getEntriesByType('resource')]
      .filter(({ name }) => !name.includes('/api/')).reduce((sum, { decodedBodySize }) => sum + decodedBodySize, 0)`
    for (const name of ['overview', 'services/segment', 'replay']) {
      const page = await stage.open(name)
      await page.getByText('Loading…').first().waitFor({ state: 'detached' })
      expect([name, (await page.evaluate<number>(loaded)) < 250 * 1024]).toEqual([name, true])
      await page.close()
    }
  }, 60_000)
})

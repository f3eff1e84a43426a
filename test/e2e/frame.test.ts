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
    // A sink of the sandbox is called by its sink's name too, as at the command line.
    const record = { ...stage.sinkRecord('eighth.sandbox'), sandbox: true, fields: [] }
    await stage.announce(record)
    await page.goto('/#/services/eighth/partitions')
    await page.getByRole('heading', { name: 'eighth sandbox', level: 1 }).waitFor()
    await page.goto('/#/overview')
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

  it('tab of the browser - title and icon tell when something needs a person', async () => {
    const page = await stage.openClosed()
    const icon = () => page.evaluate<string>(`document.querySelector('link[rel="icon"]').getAttribute('href')`)
    await page.getByLabel('Password').waitFor()
    expect([await page.title(), await icon()]).toEqual(['Log in · Auth0 logs', '/icon.svg'])
    await logIn(page, 'ann', PASSWORDS.ann)
    // The sink that was announced has no process.
    await until(
      'the title',
      () => page.title(),
      (title) => /^\(\d+\) Overview · Auth0 logs$/.test(title),
    )
    expect(await icon()).toBe('/icon-trouble.svg')
    await go(page, 'Audit')
    await until(
      'the title of the page',
      () => page.title(),
      (title) => /^\(\d+\) Audit /.test(title),
    )
  })

  it('times - one switch for all of them, kept over a reload', async () => {
    const page = await stage.open('overview', 'ann', { timezoneId: 'Asia/Tokyo' })
    await go(page, 'Live')
    await page.getByText('Following the topic.').waitFor()
    const [{ id }] = await stage.send(1)
    const row = page.getByRole('row').filter({ has: page.getByRole('link', { name: `…${id.slice(-12)}` }) })
    const shown = row.locator('time')
    await shown.waitFor()
    const at = new Date((await shown.getAttribute('datetime'))!)
    const clock = (hours: number) => new Date(at.getTime() + hours * 3_600_000).toISOString().slice(11, 23)
    expect(await shown.textContent()).toBe(clock(9))
    await page.getByRole('button', { name: 'UTC', exact: true }).click()
    await until(
      'the time in UTC',
      () => shown.textContent(),
      (text) => text === clock(0),
    )
    await page.reload()
    await page.getByRole('heading', { level: 1 }).waitFor()
    expect(await page.getByRole('button', { name: 'UTC', exact: true }).getAttribute('aria-pressed')).toBe('true')
  })

  it('an address that changes while the page is being drawn - is the one that is shown', async () => {
    const page = await stage.open('overview')
    await page.addInitScript(`new MutationObserver((_, self) => {
      if (!document.querySelector('#app [role=status]')) return
      self.disconnect()
      history.replaceState(null, '', '#/audit') // without an event, as where it came before anybody listened
    }).observe(document, { attributes: true, childList: true, subtree: true })`)
    await page.reload()
    await page.getByRole('heading', { name: 'Audit', level: 1 }).waitFor()
  })

  it('Back and Forward - go through pages and parts; a page comes with the focus at its beginning', async () => {
    const page = await stage.open('services/fifth')
    const heading = (name: string) => page.getByRole('heading', { name, level: 1 }).waitFor()
    const active = () => page.evaluate<string>('document.activeElement.tagName + document.activeElement.textContent')
    await page.getByRole('link', { name: 'Settings', exact: true }).click()
    await page.getByLabel('FIFTH_LOG_TYPES').waitFor()
    expect(await active()).toBe('ASettings')
    await go(page, 'Audit')
    await until('the focus on the heading', active, (text) => text === 'H1Audit')
    await go(page, 'Find')
    await until('the focus in the field', active, (text) => text.startsWith('INPUT'))
    await page.goBack()
    await heading('Audit')
    await page.goBack()
    await page.getByLabel('FIFTH_LOG_TYPES').waitFor()
    await page.goForward()
    await heading('Audit')
  })

  it('keyboard - logs in, goes to a page, finds an event, opens it, pauses a sink and changes its mind, all without a mouse', async () => {
    const [{ id }] = await stage.send(1, (data) => void (data.user_name = 'keyboard@example.com'))
    const page = await stage.openClosed()
    await page.getByLabel('Password').waitFor()
    const active = () =>
      page.evaluate<string>(`(({ tagName, textContent, ariaLabel }) =>
      tagName + ' ' + (ariaLabel ?? textContent))(document.activeElement)`)
    /** Tab by Tab, as a person does. */
    const tabTo = async (what: RegExp) => {
      for (let i = 0; i < 60; i++) {
        if (what.test(await active())) return
        await page.keyboard.press('Tab')
      }
      throw new Error(`no Tab leads to ${what}`)
    }
    await page.getByLabel('Name').focus()
    await page.keyboard.type('ann')
    await page.keyboard.press('Tab')
    await page.keyboard.type(PASSWORDS.ann)
    await page.keyboard.press('Enter')
    await page.getByRole('heading', { name: 'Overview', level: 1 }).waitFor()
    await tabTo(/^A Find$/)
    await page.keyboard.press('Enter')
    await page.getByRole('heading', { name: 'Find', level: 1 }).waitFor()
    await until('the focus in the field', active, (text) => text.startsWith('INPUT'))
    await page.keyboard.type('keyboard@example.com')
    await page.keyboard.press('Enter')
    await page.getByRole('link', { name: `…${id.slice(-12)}` }).waitFor()
    await tabTo(/^BUTTON Data$/)
    await page.keyboard.press('Enter')
    await page.getByText('"user_name": "***"').waitFor()
    await page.goto('/#/services/fifth')
    await page.getByRole('heading', { name: 'fifth', level: 1 }).waitFor()
    await tabTo(/^BUTTON fifth is running/)
    await page.keyboard.press('Space')
    await dialog(page).getByText('Pause fifth?').waitFor()
    await page.keyboard.press('Escape')
    await until('the focus', active, (text) => text.startsWith('BUTTON fifth is running'))
    // The first Tab of a page offers the way past the navigation.
    await page.reload()
    await page.getByRole('heading', { name: 'fifth', level: 1 }).waitFor()
    await page.keyboard.press('Tab')
    expect(await active()).toBe('A Skip to the page')
    await page.keyboard.press('Enter')
    expect(await page.evaluate('document.activeElement.id')).toBe('main')
  })

  it('audit - by who and what, a page at a time, in the address', async () => {
    for (let i = 0; i < 23; i++) await stage.console().perform('pause', { sink: 'nosuch' })
    const page = await stage.open('audit')
    await page.getByLabel('What').selectOption('pause')
    await page.getByRole('button', { name: 'Older' }).click()
    await until(
      'the address',
      () => page.url(),
      (url) => url.endsWith('#/audit?what=pause&page=2'),
    )
    await page.reload()
    await page.getByText(/^21–2\d of 2\d$/).waitFor()
    expect(await page.getByLabel('What').inputValue()).toBe('pause')
    await page.goto('/#/audit?by=nobody&page=7')
    await page.getByText('0 of 0').or(page.getByText('No record fits')).first().waitFor()
    await page.goto('/#/audit?by=nobody')
    await page.getByRole('button', { name: 'Show all' }).click()
    await page.getByRole('rowheader', { name: 'pause' }).first().waitFor()
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
      const last = await page.getByRole('navigation', { name: 'Pages' }).getByRole('link').last().boundingBox()
      expect([name, last !== null && last.x >= 0 && last.x + last.width <= 400]).toEqual([name, true])
    }
  })
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
  })
})

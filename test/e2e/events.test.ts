// Events: live, found and explained.
import type { Page } from 'playwright-core'
import { beforeAll, describe, expect, it } from 'vitest'
import { until } from '../support/wait.ts'
import { accessProblems } from './browser.ts'
import { dialog, go, setStage } from './stage.ts'

const stage = setStage()
// Before all tests: Live shows 50 at a time, and a burst beside its tests would leave out what they wait for.
beforeAll(() => stage.send(150, (data) => void (data.client_name = 'Many clients')))

async function openLive(address = 'live', ...more: Parameters<typeof stage.open> extends [unknown?, ...infer R] ? R : never) {
  const page = await stage.open(address, ...more)
  await page.getByText('Following the topic.').waitFor()
  return page
}
const idLink = (page: Page, id: string) => page.getByRole('link', { name: `…${id.slice(-12)}` })
/** Off the list, which stands still below the pointer. */
const pointAway = (page: Page) => page.mouse.move(2, 2)
const activeTag = (page: Page) => page.evaluate<string>('document.activeElement.tagName')

describe.concurrent('live', () => {
  it('an event - appears as it arrives, masked; its way is drawn', async () => {
    const page = await openLive()
    const [{ id }] = await stage.send(1)
    await idLink(page, id).waitFor()
    await page
      .getByRole('row')
      .filter({ has: idLink(page, id) })
      .getByRole('button', { name: 'Data', exact: true })
      .click()
    await page.getByText('"user_name": "***"').waitFor()
    expect(await page.content()).not.toContain('eve@example.com')
    await until(
      'the delivery',
      () => stage.vendor().received.last(),
      (all) => all.some((event) => event.id === id),
    )
    await idLink(page, id).click()
    await page.getByText('Received', { exact: true }).waitFor()
    const segment = page.getByRole('listitem').filter({ hasText: 'segment' }).last()
    await segment.getByRole('link', { name: 'Replay from here' }).waitFor()
    expect(await segment.getByRole('link', { name: 'Replay from here' }).getAttribute('href')).toBe(
      `#/replay?sink=segment&from=${id}`,
    )
    await page.goto('/#/explain')
    await page.getByRole('link', { name: id }).waitFor()
  })

  it('the pointer or the focus on the list, or an open row - freeze it; then it goes on', async () => {
    const page = await openLive()
    const [{ id: first }] = await stage.send(1)
    await idLink(page, first).hover()
    await page.getByText('Frozen while you point at it;').waitFor()
    const [{ id: second }] = await stage.send(1)
    await page.getByText(/[1-9]\d* events? came meanwhile/).waitFor()
    expect(await idLink(page, second).count()).toBe(0)
    await pointAway(page)
    await idLink(page, second).waitFor()

    const row = page.getByRole('row').filter({ has: idLink(page, second) })
    await row.getByRole('cell').nth(2).click()
    await page.getByText('Frozen while a row is open;').waitFor()
    await pointAway(page)
    const [{ id: third }] = await stage.send(30)
    await page.getByRole('button', { name: /^Resume \(\d+ new\)/ }).click()
    // The focus scrolls to a row below the fold, which would bring the list below the pointer.
    await pointAway(page)
    await idLink(page, third).waitFor()

    await idLink(page, third).focus()
    await page.getByText('Frozen while the focus is in it;').waitFor()
    await page.getByRole('combobox', { name: 'Minimum level' }).focus()
    await page.getByText('Following the topic.').waitFor()
  })

  it('personal data - is shown in place, also of what waits, and covered again; nothing starts anew', async () => {
    const page = await openLive()
    const [{ id }] = await stage.send(1)
    await idLink(page, id).waitFor()
    await page.getByRole('button', { name: 'Pause' }).click()
    const [{ id: waiting }] = await stage.send(1)
    await page.getByRole('button', { name: /^Resume \(/ }).waitFor()
    await page.getByLabel('Show personal data').click()
    await dialog(page).getByRole('button', { name: 'Show' }).click()
    await page.getByText('Personal data is shown').waitFor()
    const row = (one: string) => page.getByRole('row').filter({ has: idLink(page, one) })
    await row(id).getByText('eve@example.com').waitFor()
    await page.getByRole('button', { name: /^Resume \(/ }).click()
    await row(waiting).getByText('eve@example.com').waitFor()
    const [{ id: later }] = await stage.send(1)
    await row(later).getByText('eve@example.com').waitFor()
    expect(await idLink(page, id).count()).toBe(1)
    await page.getByLabel('Show personal data').click()
    await page.getByText('Following the topic.').waitFor()
    for (const one of [id, waiting, later]) expect(await idLink(page, one).count()).toBe(1)
    expect(await page.content()).not.toContain('eve@example.com')
    await row(later).getByRole('button', { name: 'Data', exact: true }).click()
    await page.getByText('"user_name": "***"').waitFor()
    const { records } = (await stage.console().get('/api/audit')).body as { records: { operation: string; input: object }[] }
    expect(records.map(({ operation }) => operation)).toEqual(expect.arrayContaining(['show', 'live']))
  })

  it('filters - are in the address; types are offered by name', async () => {
    const page = await openLive('live?level=3&text=Mallory&sink=segment')
    expect(await page.getByLabel('Minimum level').inputValue()).toBe('3')
    expect(await page.getByLabel('Contains').inputValue()).toBe('Mallory')
    await page.getByLabel('Contains').fill('')
    await page.getByRole('combobox', { name: 'Types' }).fill('s,incorrect pass')
    await page.getByRole('option', { name: 'fp Failed Login (Incorrect Password)' }).waitFor()
    await page.keyboard.press('Enter')
    await until(
      'the address',
      () => page.url(),
      (url) => url.endsWith('#/live?level=3&sink=segment&type=s%2Cfp'),
    )
    await page.getByText('Following the topic.').waitFor()
    const events = await stage.send(2, (data, i) => void (data.type = ['f', 'fp'][i]))
    await idLink(page, events[1].id).waitFor()
    expect(await idLink(page, events[0].id).count()).toBe(0)
    await page.goto('/#/live?sink=nosuch&level=99')
    await page.getByText('There is no sink nosuch').waitFor()
    await page.getByText('Following the topic.').waitFor()
  })

  it('a row - is one line with milliseconds, whatever is in it; nothing is cut at 400 px', async () => {
    const page = await openLive()
    await stage.send(3, (data) => {
      data.description = 'a long description '.repeat(40)
      data.client_name = 'A client with a very long name '.repeat(5)
    })
    const cell = page.getByRole('cell', { name: /a long description/ }).first()
    await cell.waitFor()
    const height = await page.evaluate<number>("document.querySelector('.events tbody tr').getBoundingClientRect().height")
    expect(height).toBeLessThan(36)
    expect(await page.getByRole('row').nth(1).textContent()).toMatch(/\d\d:\d\d:\d\d\.\d{3}/)
    await page.setViewportSize({ width: 400, height: 800 })
    await page.getByRole('button', { name: 'Data', exact: true }).first().click()
    const beyond = `[...document.querySelectorAll('.events *')].filter((one) => !one.closest('thead, pre') &&
      one.getBoundingClientRect().right > 400).map(({ textContent }) => textContent)`
    expect(await page.evaluate<string[]>(beyond)).toEqual([])
    expect(await page.evaluate<number>('document.documentElement.scrollWidth')).toBe(400)
    expect(await accessProblems(page)).toEqual([])
  })
})

describe.concurrent('find', () => {
  it('one user’s events - three clicks at most, masked; personal data in place, on record without the name', async () => {
    const [{ id }] = await stage.send(1, (data) => void (data.user_name = 'Findme@example.com'))
    await stage.send(5)
    const page = await stage.open()
    await go(page, 'Find')
    await until(
      'the field to have the focus',
      () => activeTag(page),
      (tag) => tag === 'INPUT',
    )
    await page.keyboard.type('findme@EXAMPLE.com')
    await page.keyboard.press('Enter')
    await page.getByText('1 event found.').waitFor()
    await idLink(page, id).waitFor()
    expect(page.url()).toMatch(/#\/find\?q=findme%40EXAMPLE\.com$/)
    expect(await page.getByRole('table').textContent()).not.toMatch(/findme/i)
    await page.getByLabel('Show personal data').click()
    await dialog(page).getByRole('button', { name: 'Show' }).click()
    await page.getByRole('cell', { name: /Findme@example.com/ }).waitFor()
    const audit = JSON.stringify((await stage.console().get('/api/audit')).body)
    expect(audit).toMatch(/"operation":"show"/)
    expect(audit).not.toMatch(/findme/i)
  })

  it('address - begins the search; what nothing holds is said, with what was searched', async () => {
    const page = await stage.open('find?q=nothing-holds-this&hours=6&type=f')
    await page.getByText('No event holds this text.', { exact: false }).waitFor()
    await page.getByText(/All [\d,]+ events? since .* were searched/).waitFor()
    expect([await page.getByLabel('Received in').inputValue(), await page.getByLabel('Types').inputValue()]).toEqual(['6', 'f'])
    expect(await page.getByRole('button', { name: 'Go on' }).count()).toBe(0)
    await page.goto('/#/find?q=x&hours=none&level=-1')
    await page.getByText(/must have 2 to 500 characters/).waitFor()
  })

  it('many - stop at a hundred, which is said, and go on', async () => {
    const page = await stage.open('find?q=many+clients')
    await page.getByText('100 events found so far.').waitFor()
    await page.getByText(/Searched [\d,]+ of [\d,]+, back to /).waitFor()
    await page.getByRole('button', { name: 'Go on' }).click()
    await page.getByText('150 events found.').waitFor()
    expect(await page.getByRole('link', { name: /^…/ }).count()).toBe(150)
    const opener = page.getByRole('button', { name: 'Data', exact: true }).first()
    await opener.focus()
    await page.keyboard.press('Enter')
    await page.getByRole('link', { name: 'Find this client' }).click()
    await until(
      'the address',
      () => page.url(),
      (url) => url.endsWith('#/find?q=Many+clients'),
    )
  })

  it('viewer - may search what is masked, and has no switch for personal data', async () => {
    await stage.send(1, (data) => void (data.user_name = 'vicsees@example.com'))
    const page = await stage.open('find?q=vicsees', 'vic')
    await page.getByText('1 event found.').waitFor()
    expect(await page.getByLabel('Show personal data').count()).toBe(0)
    expect(await page.getByRole('table').textContent()).not.toContain('vicsees')
  })
})

describe.concurrent('explain', () => {
  it('what is not a log_id - is said so, with a way to find it', async () => {
    const page = await stage.open('explain')
    await until(
      'the field to have the focus',
      () => activeTag(page),
      (tag) => tag === 'INPUT',
    )
    await page.keyboard.type('ann@example.com')
    await page.getByText('Not a log_id as Auth0 makes them', { exact: false }).waitFor()
    expect(await page.locator('#odd-id').getByRole('link').getAttribute('href')).toBe('#/find?q=ann%40example.com')
    await page.keyboard.press('Enter')
    await page.getByText('Nothing to explain').waitFor()
    await page.getByText(/does not look like a log_id of Auth0/).waitFor()
  })
})

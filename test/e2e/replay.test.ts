// Replay, its jobs, and the backfill.
import { describe, expect, it } from 'vitest'
import { newReport } from '../../services/topics/records.ts'
import { newJob } from '../../services/topics/jobs.ts'
import { until } from '../support/wait.ts'
import { accessProblems } from './browser.ts'
import { dialog, go, setStage } from './stage.ts'

const stage = setStage()
const DAY_MS = 86_400_000
const BERLIN = { timezoneId: 'Europe/Berlin' }

/** Where events of yesterday are, received at noon of it. */
const yesterdayNoon = () => new Date(Math.floor(Date.now() / DAY_MS) * DAY_MS - DAY_MS / 2)

const addressOf = async (page: { url: () => string }) => new URLSearchParams(page.url().split('?')[1] ?? '')

describe.concurrent('replay', () => {
  it('address - says sink, way and range in any words that operations read, so that other pages link to it', async () => {
    const page = await stage.open('replay?sink=segment&from=yesterday&to=yesterday&rate=50', 'ann', BERLIN)
    await page.getByRole('heading', { name: 'Preview: nothing has changed yet' }).waitFor()
    expect(await page.getByRole('button', { name: 'segment', exact: true }).getAttribute('aria-pressed')).toBe('true')
    const [from, to] = await Promise.all(
      ['From: time', 'To, inclusive: time'].map((label) => page.getByLabel(label, { exact: true }).inputValue()),
    )
    expect([from.slice(10), to.slice(10)]).toEqual(['T00:00', 'T23:59:59'])
    expect(from.slice(0, 10)).toBe(to.slice(0, 10))
    expect(await page.getByText('Europe/Berlin', { exact: true }).count()).toBeGreaterThanOrEqual(2)
    // The moment stays when the zone changes, and its digits follow.
    await page.getByRole('button', { name: 'UTC' }).click()
    await until(
      'the time in UTC',
      () => page.getByLabel('From: time', { exact: true }).inputValue(),
      (text) => text !== from,
    )
    expect(await page.getByText('UTC', { exact: true }).count()).toBeGreaterThanOrEqual(2)
    await page.goto('/#/replay?sink=segment&way=reset&from=90020261128000000000000000000000000000000000000000000000')
    await page.getByLabel('Rewind to: log_id').waitFor()
    expect(await page.getByLabel('Rewind to: log_id').inputValue()).toMatch(/^9002026/)
  })

  it('since the failure began - is offered for a sink that had trouble, however many runs it went over', async () => {
    const now = Math.floor(Date.now() / 60_000)
    const minute = (ago: number) => new Date((now - ago) * 60_000).toISOString()
    const run = (ago: number, status: 'held' | 'success', error = '') =>
      newReport({
        service: 'fifth',
        instance: 'a',
        run: `r${ago}`,
        status,
        started_at: minute(ago),
        ended_at: minute(ago - 1),
        error,
      })
    const reports = [
      run(60, 'held', 'http_401: old'),
      run(12, 'held', 'http_401: no'),
      run(11, 'held', 'http_401: no'),
      run(10, 'success'),
    ]
    await stage.announce(stage.sinkRecord('fifth'))
    await stage.place().produce(
      reports.map((report) => ({ key: 'fifth', value: Buffer.from(JSON.stringify(report)) })),
      `${stage.place().prefix}.reports`,
    )
    const page = await stage.open('replay?sink=fifth')
    await page.getByRole('button', { name: /^Since the failure began \(\d\d:\d\d\)$/ }).click()
    await page.getByRole('heading', { name: /^Preview/ }).waitFor()
    expect((await addressOf(page)).get('from')).toBe(minute(12))
  })

  it('nonsense - is said at the field it is in, and nothing else breaks', async () => {
    const page = await stage.open('replay?sink=segment&from=90012&to=nonsense')
    await page.getByText('There is no preview').waitFor()
    await page.getByText(/^From must be earliest, latest, a log_id/).waitFor()
    await page.goto('/#/replay?sink=nosuch')
    await page.getByRole('button', { name: 'Preview' }).waitFor()
  })

  it('a viewer - sees the preview and cannot apply it', async () => {
    const page = await stage.open('replay?sink=segment&from=earliest', 'vic')
    const apply = page.getByRole('button', { name: /^Re-deliver/ }).last()
    await page.getByRole('heading', { name: /^Preview/ }).waitFor()
    expect(await apply.isDisabled()).toBe(true)
  })

  it('400 px - the form, the preview and the jobs fit, in the dark too', async () => {
    const page = await stage.open('replay?sink=segment&from=-1h', 'ann', {
      viewport: { width: 400, height: 800 },
      colorScheme: 'dark',
    })
    await page.getByRole('heading', { name: /^Preview/ }).waitFor()
    for (const address of ['', 'replay/jobs', 'backfill']) {
      if (address !== '') await page.goto(`/#/${address}`)
      await page.getByRole('heading', { level: 1 }).waitFor()
      expect(await page.evaluate<number>('document.documentElement.scrollWidth')).toBeLessThanOrEqual(400)
      expect([address, await accessProblems(page)]).toEqual([address, []])
    }
  })

  it('backfill - is asked for on the page, which then shows how far it is; without an ingest that can, it says what to start', async () => {
    const page = await stage.open()
    await go(page, 'Backfill')
    await page.getByText('No ingest here reads the Management API').waitFor()
    expect(await page.getByRole('button', { name: 'Backfill…' }).isDisabled()).toBe(true)
    await stage.announce({ ...stage.sinkRecord('backfill'), kind: 'backfill', fields: [] } as { service: string })
    await until('the form', () => page.getByRole('button', { name: 'Backfill…' }).isEnabled(), Boolean)
    await page.getByText('Last run').waitFor()
    await page.getByRole('button', { name: 'Yesterday' }).click()
    expect([...(await addressOf(page)).keys()]).toEqual(['from', 'to'])
    await page.getByRole('button', { name: 'Backfill…' }).click()
    await dialog(page).getByText('Every log of this range that Auth0 still holds', { exact: false }).waitFor()
    await dialog(page).getByRole('button', { name: 'Backfill' }).click()
    await page.getByRole('region', { name: 'Backfilling' }).getByText('0 of 1,440 min', { exact: false }).waitFor()
    await page.getByText('The job waits').waitFor()
    const job = page.getByRole('row').filter({ has: page.getByRole('rowheader', { name: /^backfill/ }) })
    await job.getByText('Waiting').waitFor()
    await page.getByText('No process of backfill is running: the job starts when one does.').first().waitFor()
    expect(await accessProblems(page)).toEqual([])
    await job.getByRole('button', { name: /^Cancel/ }).click()
    await dialog(page).getByRole('button', { name: 'Cancel the job' }).click()
    await job.getByText('Cancelled').waitFor()
  })
})

/** These deliver again. */
describe('replay and sink', () => {
  it('yesterday to Segment - four clicks and nothing typed: the vendor has it again, and the page shows how far it is', async () => {
    const events = Array.from({ length: 40 }, (_, n) => ({
      key: `90020${n}`.padEnd(56, '0'),
      value: Buffer.from(`{"type":"s","log_id":"${`90020${n}`.padEnd(56, '0')}","user_id":"auth0|7"}`),
      headers: { type: 's' },
      timestamp: String(yesterdayNoon().getTime() + n),
    }))
    await stage.place().produce(events)
    await stage.place().settled()
    const before = stage.vendor().received.total
    const page = await stage.open()
    await go(page, 'Replay')
    await page.getByRole('button', { name: 'segment', exact: true }).click()
    await page.getByRole('button', { name: 'Yesterday' }).click()
    await page.getByText('Segment drops an event that it got less than 24 h ago', { exact: false }).waitFor()
    await page.getByText('First received').waitFor()
    expect(stage.vendor().received.total).toBe(before)
    await page.getByRole('button', { name: 'Re-deliver 40 events' }).click()
    await page.getByRole('region', { name: 'Re-delivering' }).getByText('40 of 40').waitFor({ timeout: 30_000 })
    await page.getByRole('region', { name: 'Re-delivering' }).getByText('Done').waitFor()
    const repeated = stage
      .vendor()
      .received.refused()
      .filter(({ why }) => why === 'deduplicated').length
    expect(repeated).toBe(40)
    await page.getByRole('link', { name: 'All jobs' }).click()
    await page.getByRole('rowheader', { name: 'replay segment' }).waitFor()
    await page.getByRole('button', { name: 'Redrives' }).click()
    await page.getByText('No replay, redrive or backfill has been asked for.').waitFor()
    expect((await addressOf(page)).get('kind')).toBe('redrive')
  })

  it('rewind - says what will happen, does it, and shows until all of it is delivered again', async () => {
    await stage.send(3)
    await stage.place().settled()
    const before = stage.vendor().received.total
    const page = await stage.open('replay?sink=segment')
    await page.getByRole('button', { name: 'Rewind the sink to…' }).click()
    await page.getByLabel('Rewind to: how').selectOption('earliest')
    await page.getByRole('button', { name: 'Preview' }).click()
    await page.getByText('partitions and how the places were found', { exact: false }).click()
    const sum = await page.getByRole('region', { name: 'Partitions' }).locator('tfoot .num').last().textContent()
    expect(Number(sum)).toBeGreaterThanOrEqual(3)
    expect(stage.vendor().received.total).toBe(before)
    expect(await accessProblems(page)).toEqual([])
    await page.getByRole('button', { name: 'Rewind segment' }).click()
    await page.getByRole('heading', { name: 'segment has delivered all of it again' }).waitFor({ timeout: 40_000 })
    await until(
      'the account of the replay',
      () => stage.place().accounts(),
      (all) => all.every(({ lag, problems }) => lag === 0 && problems.length === 0),
    )
    const repeated = stage
      .vendor()
      .received.refused()
      .filter(({ why }) => why === 'deduplicated').length
    expect(repeated).toBeGreaterThanOrEqual(Number(sum))
  })

  it('rewind past events that wait - asks once more, for they would never be delivered', async () => {
    await stage.place().setState('paused')
    // What is sent before the sink has read that it pauses is delivered still.
    await until(
      'events that wait',
      async () => {
        await stage.send(5)
        return (await stage.place().accounts()).reduce((sum, { lag }) => sum + lag, 0)
      },
      (lag) => lag >= 5,
    )
    const page = await stage.open('replay?sink=segment&way=reset&from=latest')
    await page.getByText(/\d events are passed over/).waitFor()
    await page.getByRole('button', { name: 'Rewind segment…' }).click()
    await dialog(page).getByText('will never be delivered', { exact: false }).waitFor()
    await dialog(page).getByRole('button', { name: 'Cancel' }).click()
    await stage.place().setState('running')
    await stage.place().settled()
  })

  it('a reset that was broken off - is told on the page, finished or aborted there', async () => {
    const at = new Date().toISOString()
    const group = `${stage.place().prefix}.fourth`
    const plan = { step: 'stopping', group, before: [], offsets: [[0, 0]], state: null, stopped: null }
    const reset = {
      ...newJob({ id: 'reset', service: 'fourth', kind: 'reset', from: 'earliest', by: 'zoe', at }),
      state: 'running',
      checkpoint: JSON.stringify(plan),
    }
    await stage.announce(stage.sinkRecord('fourth'))
    await stage
      .place()
      .produce([{ key: 'job/fourth/reset', value: Buffer.from(JSON.stringify(reset)) }], `${stage.place().prefix}.control`)
    const page = await stage.open('replay/jobs')
    await page.getByText('A rewind of fourth is not at its end').waitFor()
    await page.getByText('Begun by zoe', { exact: false }).waitFor()
    await page.getByRole('button', { name: 'Abort' }).click()
    await page.getByText('A rewind of fourth is not at its end').waitFor({ state: 'detached' })
  })
})

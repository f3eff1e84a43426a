// The page of proofs: a calendar, a day by hour, what closes its gaps; light, dark and at 400 px.
import { beforeAll, describe, expect, it } from 'vitest'
import { newProof } from '../../services/operations/prove/job.ts'
import { dayIn } from '../../services/operations/prove/days.ts'
import { rightCertificate } from '../support/foreign-records.ts'
import { until } from '../support/wait.ts'
import { accessProblems } from './browser.ts'
import { dialog, go, setStage } from './stage.ts'

const DAY_MS = 86_400_000
const dayBefore = (days: number) => new Date(Date.now() - days * DAY_MS).toISOString().slice(0, 10)

const stage = setStage()

/** A proof of a day with one log missing at five and a dead letter at seven, as the worker of the backfill leaves it. */
async function proved(day: string, verdict: 'complete' | 'incomplete') {
  const times = dayIn(day, 'UTC')
  const id = `e2e-${day}`
  const isBad = verdict === 'incomplete'
  const gap = (n: number) => isBad && (n === 5 || n === 7)
  const hours = times.hours.map(({ at, from, to }, n) => ({
    ...rightCertificate.hours[0],
    at,
    from: new Date(from).toISOString(),
    to: new Date(to).toISOString(),
    verdict: gap(n) ? 'incomplete' : 'complete',
    reasons: isBad && n === 5 ? ['missing'] : isBad && n === 7 ? ['dead_lettered'] : [],
    topic: { ...rightCertificate.hours[0].topic, logs: 1_234, missing: isBad && n === 5 ? 1 : 0 },
    sinks: {
      segment: {
        ...rightCertificate.hours[0].sinks.segment,
        filtered: {},
        dead_lettered: isBad && n === 7 ? { http_400: 1 } : {},
      },
    },
  }))
  const lost = `900${day.replaceAll('-', '')}0500000000${'7'.repeat(35)}`
  const certificate = {
    ...rightCertificate,
    id,
    day,
    zone: 'UTC',
    verdict,
    reasons: isBad ? [{ reason: 'missing', logs: 1, words: '1 log that Auth0 lists is not in the topic' }] : [],
    hours,
    list: isBad ? [{ log_id: lost, hour: hours[5].at, kind: 'missing', sink: '', why: 'never received' }] : [],
    made_at: new Date().toISOString(),
  }
  const { prefix, produce } = stage.place()
  const value = Buffer.from(JSON.stringify({ v: 1, proof: 'certificate', id, certificate }))
  await produce([{ key: 'proof', value }], `${prefix}.reports`)
  const job = newProof({ day: times, sinks: [], auth0: true, by: 'PROVE_AT 03:00' }, id)
  const letters = hours.map((hour) => (hour.verdict === 'complete' ? 'c' : 'i')).join('')
  const proof = { ...job.proof, verdict, hours: letters }
  const ended = { ...job, state: 'done', proof, delivered: 29_616, failed: isBad ? 1 : 0, ended_at: new Date().toISOString() }
  await produce([{ key: `job/backfill/${id}`, value: Buffer.from(JSON.stringify(ended)) }], `${prefix}.control`)
  return lost
}

/** Texts of table cells that do not fit 400 px. */
const BEYOND_400 = `[...document.querySelectorAll('table.cards :is(th, td), .calendar a')]
  .filter((cell) => cell.closest('.hidden, thead') === null)
  .filter((cell) => cell.getBoundingClientRect().right > 400.5 || (cell.clientWidth > 0 && cell.scrollWidth > cell.clientWidth + 1))
  .map(({ textContent }) => textContent)`

describe('proofs', () => {
  let lost = ''
  beforeAll(async () => {
    lost = await proved(dayBefore(2), 'incomplete')
    await proved(dayBefore(3), 'complete')
  })

  it('calendar - 35 days, each with its verdict in words; a day opens its account by hour', async () => {
    const page = await stage.open()
    await go(page, 'Proofs')
    const days = page.getByRole('list', { name: 'The last 35 days' }).getByRole('link')
    await until(
      'the days',
      () => days.count(),
      (count) => count === 35,
    )
    await page.getByRole('link', { name: `${dayBefore(3)}: complete` }).waitFor()
    await page.getByRole('link', { name: `${dayBefore(5)}: not proved` }).waitFor()
    await page.getByRole('link', { name: `${dayBefore(2)}: incomplete` }).click()
    await page.getByRole('heading', { name: `Proof of ${dayBefore(2)}`, level: 1 }).waitFor()
    await page.getByText('1 log that Auth0 lists is not in the topic').waitFor()
    const row = page.getByRole('row').filter({ has: page.getByRole('rowheader', { name: '05:00' }) })
    expect(await row.textContent()).toMatch(/1,234.*incomplete/)
    expect(await page.getByRole('link', { name: lost }).getAttribute('href')).toBe(`#/explain/${lost}`)
    await page.getByRole('button', { name: 'Redrive…' }).waitFor()
    await page.getByRole('button', { name: 'Backfill…' }).click()
    await dialog(page).getByText('Read these logs from Auth0?').waitFor()
    await page.keyboard.press('Escape')
  })

  it('download - is the certificate, written as --verify takes it', async () => {
    const page = await stage.open(`proofs/${dayBefore(2)}`)
    const downloading = page.waitForEvent('download')
    await page.getByRole('button', { name: 'Download the certificate' }).click()
    const download = await downloading
    expect(download.suggestedFilename()).toBe(`certificate-${dayBefore(2)}.json`)
  })

  it('a day is proved from the page - what Kafka tells, at once; a viewer only looks', async () => {
    const page = await stage.open(`proofs/${dayBefore(1)}`)
    await page.getByText('was not proved yet').waitFor()
    await page.getByLabel('Ask Auth0').uncheck()
    await page.getByRole('button', { name: 'Prove it now…' }).click()
    await dialog(page).getByRole('button', { name: 'Prove' }).click()
    await page.getByText('Auth0 was not asked: whether the topic holds all that Auth0 has is not known').first().waitFor()
    const looking = await stage.open(`proofs/${dayBefore(2)}`, 'vic')
    await looking.getByRole('button', { name: 'Backfill…' }).waitFor()
    expect(await looking.getByRole('button', { name: 'Backfill…' }).isDisabled()).toBe(true)
    expect(await looking.getByRole('button', { name: 'Prove it now…' }).isDisabled()).toBe(true)
  })

  it('access - axe finds nothing in light and dark; at 400 px nothing is cut off', async () => {
    const page = await stage.open('proofs')
    for (const address of ['proofs', `proofs/${dayBefore(2)}`, `proofs/${dayBefore(9)}`]) {
      await page.setViewportSize({ width: 1280, height: 800 })
      await page.emulateMedia({ colorScheme: 'light' })
      await page.goto(`/#/${address}`)
      await page.getByText('Loading…').first().waitFor({ state: 'detached' })
      await page.getByRole('button', { name: /^Prove/ }).waitFor()
      if (process.env.SHOTS)
        await page.screenshot({ path: `${process.env.SHOTS}/${address.replace('/', '-')}-light.png`, fullPage: true })
      expect([address, await accessProblems(page)]).toEqual([address, []])
      await page.emulateMedia({ colorScheme: 'dark' })
      if (process.env.SHOTS)
        await page.screenshot({ path: `${process.env.SHOTS}/${address.replace('/', '-')}-dark.png`, fullPage: true })
      expect([address, 'dark', await accessProblems(page, ['color-contrast'])]).toEqual([address, 'dark', []])
      await page.setViewportSize({ width: 400, height: 800 })
      if (process.env.SHOTS)
        await page.screenshot({ path: `${process.env.SHOTS}/${address.replace('/', '-')}-400.png`, fullPage: true })
      expect([address, await page.evaluate<number>('document.documentElement.scrollWidth')]).toEqual([address, 400])
      expect([address, await page.evaluate<string[]>(BEYOND_400)]).toEqual([address, []])
    }
  })
})

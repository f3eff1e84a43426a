// One real browser for all tests of a file, and pages in it that fail on what a person would see in its console.
import chromium from '@sparticuz/chromium'
import axe from 'axe-core'
import { type Browser, type BrowserContextOptions, chromium as playwright, type Page } from 'playwright-core'

const STEP_MS = 15_000

export async function openBrowser(): Promise<Browser> {
  const args = ['--no-sandbox', '--disable-gpu', '--disable-background-networking']
  return playwright.launch({ executablePath: await chromium.executablePath(), args, timeout: 20_000 })
}

/** Refusals on purpose: a page that is not logged in asks who it is, a viewer tries what only operators may. */
const USUAL = /status of 40[13]|Autofocus processing/

/** A page with cookies of its own; closed with the browser. @param origin of the console; the page begins there */
export async function openPage(browser: Browser, origin: string, options: BrowserContextOptions = {}): Promise<Page> {
  const context = await browser.newContext({ locale: 'en-US', baseURL: origin, ...options })
  const page = await context.newPage()
  page.setDefaultTimeout(STEP_MS)
  const complain = (text: string) => {
    if (!USUAL.test(text)) throw new Error(`the page complains: ${text}`)
  }
  page.on('console', (message) => message.type() === 'error' && complain(message.text()))
  page.on('pageerror', (error) => complain(error.message))
  await page.goto('/')
  return page
}

export async function logIn(page: Page, name: string, password: string): Promise<void> {
  await page.getByLabel('Name').fill(name)
  await page.getByLabel('Password').fill(password)
  await page.getByRole('button', { name: 'Log in' }).click()
  await page.getByRole('heading', { name: 'Overview', level: 1 }).waitFor()
}

type AxeResult = { violations: { id: string; nodes: { target: unknown; failureSummary?: string }[] }[] }

/** What axe-core finds wrong with the page as it is, one line a place. @param rules all unless given */
export async function accessProblems(page: Page, rules?: string[]): Promise<string[]> {
  // Through the devtools, which the page's policy does not hold off.
  if (!(await page.evaluate<boolean>('"axe" in window'))) await page.evaluate(axe.source)
  const options = JSON.stringify({ resultTypes: ['violations'], ...(rules ? { runOnly: rules } : {}) })
  const { violations } = await page.evaluate<AxeResult>(`axe.run(document, ${options})`)
  return violations.flatMap(({ id, nodes }) =>
    nodes.map(({ target, failureSummary }) => `${id}: ${JSON.stringify(target)} ${failureSummary ?? ''}`),
  )
}

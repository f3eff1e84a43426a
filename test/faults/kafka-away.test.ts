// Kafka goes away under a running installation, stopped or frozen: page, API, command line and Slack say so in words, and go on when it
// is back.
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import type { Broker } from '../../services/local/broker/broker.ts'
import { createLifecycle } from '../../services/platform/lifecycle.ts'
import { start as startStandIn } from '../../services/sandbox/slack/start.ts'
import { startSlack } from '../../services/slack/run.ts'
import { ensureTopics } from '../../services/topics/create.ts'
import { auth0Logs } from '../cli/terminal.ts'
import { basic, PASSWORDS, USERS } from '../console/console.ts'
import { logIn, openBrowser } from '../e2e/browser.ts'
import { announce, closeOperators, openOperator, serviceRecord } from '../operations/announced.ts'
import { newPrefix } from '../support/kafka.ts'
import { ownBroker } from '../support/own-broker.ts'
import { type Service, startService } from '../support/processes.ts'
import { until } from '../support/wait.ts'

/** An operation that is asked while Kafka is away is answered within it, milliseconds. */
const ANSWER_MS = 30_000
const LIMITS = { timeout: 180_000 }

let broker: Broker
let browser: Browser
beforeAll(async () => {
  ;[broker, browser] = await Promise.all([ownBroker({}), openBrowser()])
}, 90_000)
afterAll(async () => {
  await closeOperators()
  await browser?.close()
  await broker?.discard()
})

type Answered = { status: number; body: Record<string, unknown> & { kafka?: { away: boolean; since: string } } }

async function installed() {
  const prefix = newPrefix()
  const { client, producer } = openOperator(broker.brokers, prefix)
  await announce(client, producer, [
    serviceRecord(prefix, 'segment'),
    serviceRecord(prefix, 'ingest', { kind: 'ingest', group: '' }),
  ])
  await ensureTopics(client, [{ deadLetters: 'segment' }])
  const env = { KAFKA_BROKERS: broker.brokers, TOPIC_PREFIX: prefix, PARTITIONS: '3' }
  const console = startService('console', { ...env, CONSOLE_USERS: USERS })
  onTestFinished(console.stop)
  await console.untilReady()
  const origin = await console.origin()
  async function ask(path: string, body?: object): Promise<Answered> {
    const headers = { authorization: basic('ann'), 'content-type': 'application/json' }
    const init = body ? { method: 'POST', body: JSON.stringify(body), headers } : { headers }
    const answer = await fetch(origin + path, { ...init, signal: AbortSignal.timeout(ANSWER_MS) })
    return { status: answer.status, body: (await answer.json()) as Answered['body'] }
  }
  return { env, console, origin, ask, cli: (...args: string[]) => auth0Logs(args, env) }
}

/** The Slack service with its stand-in; says after 3 s, not 2 minutes, that Kafka is away. */
async function slackOf(env: Record<string, string>) {
  const stand = await startStandIn({ burst: 100 })
  const lifecycle = createLifecycle()
  onTestFinished(async () => {
    await lifecycle.close()
    await stand.close()
  })
  const own = { SLACK_INCOMING_WEBHOOK: stand.origin, SLACK_PORT: '0', DAILY_REPORT_TIME: '23', LOGGER_LEVEL: 'silent' }
  const { port } = await startSlack({ ...env, ...own }, lifecycle, { awayMs: 3_000 })
  await until(
    'Slack to be ready',
    async () => (await fetch(`http://127.0.0.1:${port}/readyz`)).status,
    (status) => status === 200,
  )
  type Told = { text: string; attachments: { text: string }[] }
  return () =>
    stand.received
      .last()
      .map(({ fields }) => fields as unknown as Told)
      .toReversed()
}

/** Nothing unforeseen: no stack, no error of ours. */
const unforeseen = ({ lines }: Service) => lines.filter((line) => /"level":"?(error|50)|"stack"|\n? +at /.test(line))

/** A page that is logged in. Refusals of the API are what it is to be shown with, so nothing watches its own console. */
async function pageOf(origin: string): Promise<Page> {
  const context = await browser.newContext({ baseURL: origin })
  onTestFinished(() => context.close())
  const page = await context.newPage()
  await page.goto('/')
  await logIn(page, 'ann', PASSWORDS.ann)
  return page
}

async function pagesSaySo(page: Page): Promise<void> {
  await page.getByText('Kafka does not answer').first().waitFor({ timeout: ANSWER_MS })
  await page.getByText('Nothing is lost: the ingest answers Auth0', { exact: false }).waitFor()
  for (const name of ['Live', 'Find', 'Replay', 'Backfill', 'Dead letters', 'Proofs', 'Audit', 'Overview']) {
    await page.getByRole('navigation', { name: 'Pages' }).getByRole('link', { name }).click()
    await page.getByRole('heading', { name, level: 1 }).waitFor()
    await page.getByText('Kafka does not answer').first().waitFor()
    expect([name, await page.getByText('failed unexpectedly').count()]).toEqual([name, 0])
  }
}

describe.each([
  ['stopped', () => broker.stop(), () => broker.restart()],
  ['frozen', async () => void process.kill(broker.pid, 'SIGSTOP'), async () => void process.kill(broker.pid, 'SIGCONT')],
])('a broker that is %s', (_, goAway, comeBack) => {
  test(
    'page, API, command line and Slack say so, with what it means for the logs, and go on when it is back',
    LIMITS,
    async () => {
      const { env, console, origin, ask, cli } = await installed()
      const slack = await slackOf(env)
      const page = await pageOf(origin)
      await page.getByRole('link', { name: 'segment', exact: true }).first().waitFor()
      const before = (await ask('/api/status')).body
      expect(before).toMatchObject({ kafka: { away: false } })

      await goAway()
      onTestFinished(comeBack)
      const away = await until(
        'the status to say so',
        () => ask('/api/status'),
        ({ body }) => body.kafka?.away,
        { limitMs: ANSWER_MS },
      )
      expect([away.status, JSON.stringify(away.body)]).toEqual([200, expect.stringContaining('"name":"segment"')])
      const operations: [string, object][] = [
        ['replay', { sink: 'segment', from: 'earliest' }],
        ['explain', { log_id: '90020261128000000000000000000000000000000000000000000000' }],
        ['dead-letters/list', { sink: 'segment' }],
        ['runs', {}],
        ['pause', { sink: 'segment' }],
        ['jobs/show', { id: 'nobody' }],
      ]
      const answers = await Promise.all(operations.map(([name, input]) => ask(`/api/operations/${name}`, input)))
      for (const [n, { status, body }] of answers.entries())
        expect([operations[n][0], status, body.error, body.message]).toEqual([
          operations[n][0],
          503,
          'kafka_away',
          expect.stringMatching(/^Kafka does not answer: nothing is lost/),
        ])
      // What is known already is shown.
      for (const path of ['/api/report', '/api/audit', '/api/jobs', '/api/services/segment/settings'])
        expect([path, (await ask(path)).status]).toEqual([path, 200])
      expect([await console.status('/livez'), await console.status('/readyz')]).toEqual([200, 503])
      await pagesSaySo(page)
      const begun = performance.now()
      const said = await cli('status')
      expect([said.status, performance.now() - begun < 10_000]).toEqual([1, true])
      expect(said.err).toMatch(
        /Kafka does not answer at .*\n?.*Nothing was read or changed\. Logs that are in the topic are safe/s,
      )
      const [told] = await until('Slack to be told', slack, ({ length }) => length > 0, { limitMs: ANSWER_MS })
      expect(told.text).toMatch(/^Kafka has not answered since .*nothing is lost/)
      expect(unforeseen(console)).toEqual([])

      await comeBack()
      const back = await until(
        'the status to be new',
        () => ask('/api/status'),
        ({ body }) => body.kafka?.away === false,
        { limitMs: 60_000 },
      )
      expect(String(back.body.at) > String(before.at)).toBe(true)
      await page.getByText('Kafka does not answer').first().waitFor({ state: 'detached', timeout: 30_000 })
      expect((await cli('status')).status).toBe(0)
      await until('Slack to be told', slack, ({ length }) => length > 1, { limitMs: 60_000 })
      expect(slack().map(({ attachments }) => attachments[0].text)).toEqual(['Logs Export Error', 'Logs Export Recovered'])
      expect(console.hasEnded()).toBe(false)
    },
  )
})

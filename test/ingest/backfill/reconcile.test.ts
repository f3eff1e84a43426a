// BACKFILL=reconcile behind a stream that loses and repeats: exactly what was lost is found and published, once.
import { expect, inject, onTestFinished, test } from 'vitest'
import { type Auth0StandIn, start as startAuth0 } from '../../../services/sandbox/auth0/start.ts'
import { backfillEnv, logsInTopic, reportsOf, startPolling } from '../../support/backfill.ts'
import { TOKEN } from '../../support/ingest.ts'
import { newPrefix } from '../../support/kafka.ts'
import { openBroker } from '../../support/plain-kafka.ts'
import { until } from '../../support/wait.ts'

const DELAY_S = 10

async function createStream(auth0: Auth0StandIn, stream: object): Promise<string> {
  const post = async (path: string, body: object, token = '') => {
    const response = await fetch(auth0.origin + path, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
      body: JSON.stringify(body),
    })
    const answer = (await response.json()) as { access_token: string; id: string }
    expect(response.ok, JSON.stringify(answer)).toBe(true)
    return answer
  }
  const { domain, clientId: client_id, clientSecret: client_secret } = auth0
  const grant = { grant_type: 'client_credentials', client_id, client_secret, audience: `https://${domain}/api/v2/` }
  const { access_token } = await post('/oauth/token', grant)
  const sink = { httpEndpoint: 'https://ingest.test/logs', httpContentType: 'application/json', httpContentFormat: 'JSONLINES' }
  return (await post('/api/v2/log-streams', { name: 'ours', type: 'http', sink, ...stream }, access_token)).id
}

test('reconcile - recovers exactly what the stream lost, nothing that its filters leave out', { timeout: 90_000 }, async () => {
  const broker = await openBroker(inject('brokers'))
  onTestFinished(() => broker.close())
  const auth0 = await startAuth0()
  onTestFinished(() => auth0.close())
  await createStream(auth0, {
    filters: [
      { type: 'category', name: 'auth.login.success' },
      { type: 'category', name: 'auth.login.fail' },
    ],
  })
  const env = { ...backfillEnv(broker.brokers, newPrefix(), auth0), BACKFILL: 'reconcile', RECONCILE_DELAY: String(DELAY_S) }
  const { port } = await startPolling(env)
  const topic = await logsInTopic(broker, env.TOPIC_PREFIX)
  const push = { url: `http://127.0.0.1:${port}/logs`, token: TOKEN, repeat: 0.05, seed: 7 }
  // The first record begins what reconcile looks at.
  auth0.append([{ type: 's' }])
  await until(
    'the first log',
    async () => (await auth0.sendWebhook({ ...push, lose: 0 })).accepted,
    (accepted) => accepted > 0,
  )
  const first = new Set(auth0.ids())
  auth0.append(2_000)
  const pushed = await auth0.sendWebhook({ ...push, lose: 0.03 })
  const lost = pushed.lost.filter((id) => !first.has(id))
  expect(lost.length).toBeGreaterThan(10)
  const recovered = () => topic.records().filter(({ source }) => source === 'reconcile')
  await until(
    'the lost logs',
    () => recovered().length,
    (count) => count >= lost.length,
    { limitMs: 40_000 },
  )
  const counted = async () => {
    const reports = await reportsOf(broker, env.TOPIC_PREFIX)
    const sum = (name: 'missing' | 'recovered') => reports.reduce((total, report) => total + (report[name] ?? 0), 0)
    return { missing: sum('missing'), recovered: sum('recovered') }
  }
  await until('the reports', counted, ({ recovered }) => recovered >= lost.length)
  // Two passes more find nothing more.
  await new Promise((resolve) => setTimeout(resolve, 5_000))
  expect(
    recovered()
      .map(({ id }) => id)
      .toSorted(),
  ).toEqual(lost.toSorted())
  expect(await counted()).toEqual({ missing: lost.length, recovered: lost.length })
  const text = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text()
  expect(text).toMatch(new RegExp(`auth0_logs_reconcile_missing_total ${lost.length}\\n`))
  expect(text).toMatch(new RegExp(`auth0_logs_reconcile_recovered_total ${lost.length}\\n`))
})

test('reconcile - a pii_config that INGEST_REDACT does not cover: a hold that names the field, the webhook goes on', async () => {
  const broker = await openBroker(inject('brokers'))
  onTestFinished(() => broker.close())
  const auth0 = await startAuth0()
  onTestFinished(() => auth0.close())
  await createStream(auth0, { pii_config: { log_fields: ['email', 'phone'], method: 'mask' } })
  const env = {
    ...backfillEnv(broker.brokers, newPrefix(), auth0),
    BACKFILL: 'reconcile',
    INGEST_REDACT: 'details.phone:mask',
    RECONCILE_DELAY: '10',
  }
  await startPolling(env)
  const last = async () => (await reportsOf(broker, env.TOPIC_PREFIX)).at(-1)
  const held = await until('the hold', last, (report) => report?.status === 'held')
  expect(held?.error).toContain('hides email (pii_config), phone (pii_config)')
  expect(held?.error).toContain('add email:mask,phone_number:mask,old_phone_number:mask,new_phone_number:mask to INGEST_REDACT')
})

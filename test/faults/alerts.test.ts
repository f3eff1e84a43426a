// A fault at a vendor, as somebody on call sees it: a real Prometheus scrapes the real services, the right alert fires and is over again;
// and every query of the dashboard finds data. Needs a prometheus in PATH.
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import type { Broker } from '../../services/local/broker/broker.ts'
import { start as startAuth0 } from '../../services/sandbox/auth0/start.ts'
import { deploy } from '../support/deployment.ts'
import { ownBroker } from '../support/own-broker.ts'
import { dashboardQueries, startPrometheus } from '../support/prometheus.ts'
import { until } from '../support/wait.ts'

let broker: Broker
beforeAll(async () => {
  broker = await ownBroker({})
}, 90_000)
afterAll(() => broker?.discard())

test('a refused credential - is told as hold and as nothing else, and is over when the vendor takes logs again; every query has data', async () => {
  const auth0 = await startAuth0({})
  onTestFinished(() => auth0.close())
  auth0.fill({ count: 300 })
  const deployment = await deploy(broker.brokers, {
    BACKFILL: 'poll',
    AUTH0_DOMAIN: auth0.domain,
    AUTH0_CLIENT_ID: auth0.clientId,
    AUTH0_CLIENT_SECRET: auth0.clientSecret,
    AUTH0_API_URL: auth0.origin,
    PAPERTRAIL_LOG_TYPES: 'f',
    SLACK_SEND_SUCCESS: 'true',
  })
  const { vendors } = deployment
  const [ingest, ...others] = await deployment.startAll('ingest', 'cloudwatch', 'segment', 'papertrail', 'slack', 'console')
  const stream = deployment.stream(20)
  const prometheus = await startPrometheus(await Promise.all([ingest, ...others].map((service) => service.origin())))
  /** Names and sinks of what fires. */
  const firing = async (severity: string) =>
    (await prometheus.alerts())
      .filter(({ state, labels }) => state === 'firing' && labels.severity === severity)
      .map(({ labels }) => `${labels.alertname} ${labels.sink ?? ''}`.trim())
      .toSorted()
  const tells = (severity: string, what: string, limitMs: number) =>
    until(
      what,
      () => firing(severity),
      (alerts) => alerts.includes(what),
      { limitMs, everyMs: 500 },
    )

  const post = async (body: string, authorization: string) => {
    const answer = await fetch(`${await ingest.origin()}/logs`, { method: 'POST', body, headers: { authorization } })
    await answer.body?.cancel()
    return answer.status
  }
  const token = String(deployment.env.INGEST_TOKENS)
  const large = { log_id: 'large', data: { type: 's', date: new Date().toISOString(), text: 'x'.repeat(40_000) } }
  expect(await post(JSON.stringify(large), token)).toBe(200)
  expect(await post('not JSON', token)).toBe(200)
  expect(await post('{}', 'Bearer of-nobody')).toBe(401)
  await tells('warning', 'Auth0LogsDeadLetters segment', 30_000)
  await tells('warning', 'Auth0LogsQuarantined', 30_000)
  expect(await firing('critical')).toEqual([])

  vendors.segment.misbehave('401')
  await tells('critical', 'Auth0LogsHold segment', 120_000)
  expect(await firing('critical')).toEqual(['Auth0LogsHold segment'])

  const results = await Promise.all(
    dashboardQueries().map(async ({ panel, expr }) => ({ panel, expr, found: (await prometheus.query(expr)).length })),
  )
  expect(results.length).toBeGreaterThan(30)
  expect(results.filter(({ found }) => found === 0)).toEqual([])
  const formats = await prometheus.targets()
  expect(formats.activeTargets.map(({ health, lastError }) => `${health} ${lastError}`.trim())).toEqual(Array(6).fill('up'))

  vendors.segment.behave()
  await until(
    'the alert to be over',
    () => firing('critical'),
    (alerts) => alerts.length === 0,
    { limitMs: 60_000, everyMs: 500 },
  )
  const { accepted } = await stream.end()
  expect(accepted).toBeGreaterThan(0)
  await deployment.judge('cloudwatch')
})

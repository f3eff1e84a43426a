// What others write into the reports topic costs the records that are not understood, never the Slack service or its memory.
import { expect, test } from 'vitest'
import { oddKey, oddRecord } from '../support/oddities.ts'
import { seededRandom } from '../support/random.ts'
import { until } from '../support/wait.ts'
import { failed, recovered, report } from './reports.ts'
import { install } from './service.ts'

test('Slack service - 10,000 odd reports and control records, a newer version last: it is up, tells our outage, and again after a restart', async (it) => {
  const slack = await install(it)
  const { broker, prefix } = slack
  await broker.createTopic(`${prefix}.control`, 1)
  const random = seededRandom(20_261_129)
  const began = Date.now()
  const odd = (rights: object[]) =>
    Array.from({ length: 500 }, () => ({ key: oddKey(random), value: oddRecord(random, random.pick(rights)), headers: {} }))
  const service = { v: 1, service: 'segment', kind: 'sink', version: '1', group: 'g', fields: [], state: 'running' }
  for (let batch = 0; batch < 20; batch++) {
    // Of a run that is old news and of none that failed: what is understood of them is nothing to tell.
    await broker.producer.send({
      topic: slack.topic,
      messages: odd([report(began), report(began, { status: 'idle' })]),
      acks: -1,
    })
    const control = odd([service, { v: 1, values: { SLACK_SEND_SUCCESS: 'true' } }]).map((one) => ({
      ...one,
      key: `${random.pick(['service', 'settings', 'state', 'job/segment'])}/${one.key ?? 'slack'}`,
    }))
    await broker.producer.send({ topic: `${prefix}.control`, messages: control, acks: -1 })
  }
  const first = await slack.spawn()
  const ours = { service: 'papertrail' }
  await slack.report(failed(began, ours))
  await broker.producer.send({ topic: slack.topic, messages: [{ key: 'segment', value: '{"v":2}' }], acks: -1 })
  const about = () => slack.messages().filter(({ username }) => username.endsWith('papertrail'))
  await until('our failure', about, ({ length }) => length === 1, { limitMs: 30_000 })
  expect(await first.end('SIGTERM')).toBe(0)
  const second = await slack.spawn()
  await slack.report(recovered(began + 1, ours))
  const told = await until('our recovery', about, ({ length }) => length === 2, { limitMs: 30_000 })
  expect(told.map(({ attachments }) => attachments[0].text)).toEqual(['Logs Export Error', 'Logs Export Recovered'])
  expect(await second.end('SIGTERM')).toBe(0)
}, 90_000)

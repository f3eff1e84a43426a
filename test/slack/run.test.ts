// The Slack service against the real broker and the stand-in of Slack.
import { createServer, connect, type Socket } from 'node:net'
import { expect, inject, test } from 'vitest'
import { schemaProblems } from '../support/schemas.ts'
import { until } from '../support/wait.ts'
import { failed, recovered, report } from './reports.ts'
import { install, type Message } from './service.ts'

const MINUTE = 60_000
const valueOf = ({ attachments: [{ fields }] }: Message, title: string) => fields.find((field) => field.title === title)?.value

test.concurrent('Slack service - an outage is one failure and one recovery, with the numbers of Kafka', async (it) => {
  const slack = await install(it)
  const { broker, prefix, messages } = slack
  await broker.createTopic(prefix, 2)
  await broker.createTopic(`${prefix}.control`, 1)
  const events = Array.from({ length: 7 }, (_, i) => ({ key: String(i), value: '{}' }))
  await broker.producer.send({ topic: prefix, messages: events, acks: -1 })
  const service = {
    v: 1,
    service: 'segment',
    kind: 'sink',
    version: '1',
    group: `${prefix}.segment`,
    started_at: new Date().toISOString(),
    state: 'running',
    sandbox: false,
    start_from: '',
    fields: [],
  }
  const record = { key: 'service/segment', value: JSON.stringify(service) }
  await broker.producer.send({ topic: `${prefix}.control`, messages: [record], acks: -1 })
  await slack.start()
  const began = Date.now()
  await slack.report(report(began), failed(began), failed(began + 1), failed(began + 2, { instance: 'host-2' }))
  await slack.posted(1)
  await slack.report(recovered(began + 3), recovered(began + 4, { instance: 'host-2' }), report(began + 5, { delivered: 7 }))
  await slack.posted(2)
  expect(slack.titles()).toEqual(['Error', 'Recovered'])
  const [error, back] = messages()
  expect(error.username).toBe('auth0-logs-to-segment')
  expect(error.text).toContain('http_503: the vendor is busy. Nothing is lost: 7 logs wait in Kafka')
  expect(valueOf(error, 'Next checkpoint')).toMatch(/^900/)
  expect(back.text).toContain('segment works again')
  expect(valueOf(back, 'Logs waiting')).toBe('7')
})

test.concurrent('Slack service - killed in an outage, it repeats nothing and forgets nothing', async (it) => {
  const slack = await install(it)
  const began = Date.now()
  const first = await slack.spawn()
  await slack.report(failed(began))
  await slack.posted(1)
  await until('the commit', slack.committed, ({ offset }) => offset === 1)
  await first.end('SIGKILL')
  await slack.report(failed(began + 1), failed(began + 2))
  const second = await slack.spawn()
  await slack.report(recovered(began + 3))
  await slack.posted(2)
  const other = failed(began + 4, { service: 'papertrail' })
  await slack.report(other)
  await slack.posted(3)
  expect(slack.titles()).toEqual(['Error', 'Recovered', 'Error'])
  expect(await second.end('SIGTERM')).toBe(0)
  expect(await slack.committed()).toMatchObject({ offset: 5 })
  expect(first.output.out + second.output.out).not.toContain('very-secret')
  const lines = second.output.out.split('\n').filter((line) => line.includes('"message":"message"'))
  expect(lines.map((line) => JSON.parse(line) as unknown)).toMatchObject([
    { service: 'slack', title: 'Logs Export Recovered', to: 'auth0-logs-to-segment', attempts: 1, outcome: 'delivered' },
    { title: 'Logs Export Error', to: 'auth0-logs-to-papertrail' },
  ])
})

test.concurrent('Slack service - what Slack does not take stays in Kafka, and goes out in order', async (it) => {
  const slack = await install(it)
  const began = Date.now()
  const running = await slack.start()
  slack.stand.misbehave({ fault: '429', retryAfter: 60 })
  await slack.report(failed(began))
  await until('a refusal', () => slack.stand.received.counts.faults, Boolean)
  expect((await slack.committed()).offset).toBeLessThan(1)
  const metrics = await (await fetch(`http://127.0.0.1:${running.port}/metrics`)).text()
  expect(metrics).toContain('auth0_logs_lag_records{sink="slack"} 1')
  expect(metrics).toContain('auth0_logs_slack_refusals_total{reason="http_429"} 1')
  // It ends in time although Slack has asked for a minute, and the next one tells it all.
  await running.close()
  expect(slack.messages()).toEqual([])
  slack.stand.behave()
  await slack.report(recovered(began + 1), failed(began + 2, { service: 'papertrail' }))
  await slack.start()
  await slack.posted(3)
  expect(slack.titles()).toEqual(['Error', 'Recovered', 'Error'])
})

test.concurrent('Slack service - successes on request: each, or together where Slack was busy', async (it) => {
  const slack = await install(it)
  const began = Date.now()
  await slack.start({ SLACK_SEND_SUCCESS: 'true', PAPERTRAIL_SLACK_SEND_SUCCESS: 'false' })
  await slack.report(report(began, { delivered: 1, processed: 1 }))
  await slack.posted(1)
  slack.stand.misbehave('503', 1)
  await slack.report(report(began, { delivered: 1 }))
  await until('a refusal', () => slack.stand.received.counts.faults, Boolean)
  const many = Array.from({ length: 50 }, (_, i) => report(began + i, { delivered: 2 }))
  await slack.report(...many, report(began, { service: 'papertrail', delivered: 1 }), report(began, { status: 'idle' }))
  await slack.posted(3)
  expect(slack.messages().map(({ text }) => text)).toEqual([
    'segment delivered 1 log.',
    'segment delivered 1 log.',
    'segment delivered 100 logs in 50 runs.',
  ])
})

test.concurrent('Slack service - an operator turns successes on while it runs', async (it) => {
  const slack = await install(it)
  const began = Date.now()
  await slack.start()
  const settings = { v: 1, by: 'ann', at: new Date().toISOString(), values: { SLACK_SEND_SUCCESS: 'true' } }
  const record = { key: 'settings/slack', value: JSON.stringify(settings) }
  await slack.report(report(began, { delivered: 1 }))
  await until('the first to be passed over', slack.committed, ({ offset }) => offset === 1)
  await slack.broker.producer.send({ topic: `${slack.prefix}.control`, messages: [record], acks: -1 })
  await until(
    'a success',
    async () => {
      await slack.report(report(Date.now(), { delivered: 5 }))
      return slack.messages().length
    },
    (count) => count > 0,
    { everyMs: 500 },
  )
  expect(slack.messages()[0].text).toMatch(/^segment delivered \d+ logs/)
})

test.concurrent('Slack service - the daily report: at its hour, once, after a restart too', async (it) => {
  const slack = await install(it)
  const day = { DAILY_REPORT_TIME: '16', SCHEDULE_TZ: 'UTC' }
  let now = Date.parse('2026-11-22T15:59:50Z')
  const clock = { now: () => now }
  const first = await slack.start(day, clock)
  await slack.report(report(now - MINUTE, { processed: 10, delivered: 9, filtered: 1 }), report(now, { run: 'b', delivered: 1 }))
  await new Promise((resolve) => setTimeout(resolve, 2_500))
  expect(slack.titles()).toEqual([])
  now += 15_000
  await slack.posted(1)
  expect(slack.titles()).toEqual(['Daily Report'])
  expect(slack.messages()[0].username).toBe('auth0-logs-to-segment')
  expect(valueOf(slack.messages()[0], 'Delivered')).toBe('10')
  await until('the commit', slack.committed, ({ metadata }) => metadata.includes('"date":"2026-11-22"'))
  await first.close()

  // The same day again, then two days later: what was missed while it was down is sent at once, and counts from the last one on.
  const second = await slack.start(day, clock)
  await slack.report(failed(now, { run: 'c', delivered: 3 }))
  await slack.posted(2)
  await second.close()
  now += 2 * 24 * 60 * MINUTE
  await slack.start(day, clock)
  await slack.posted(3)
  expect(slack.titles()).toEqual(['Daily Report', 'Error', 'Daily Report'])
  expect(slack.messages()[2].text).toContain('Daily report of 2026-11-24. Delivered: segment 3 logs. Needs attention: segment.')
})

test.concurrent('Slack service - a daily report of hour 0 is due at the first start, where nothing was reported too', async (it) => {
  const slack = await install(it)
  const first = await slack.start({ DAILY_REPORT_TIME: '0' })
  await slack.posted(1)
  await until('the commit', slack.committed, ({ metadata }) => metadata.includes('"daily"'))
  await first.close()
  await slack.start({ DAILY_REPORT_TIME: '0' })
  await new Promise((resolve) => setTimeout(resolve, 2_500))
  expect(slack.titles()).toEqual(['Daily Report'])
  const written: unknown[] = []
  const reading = await slack.broker.read([slack.topic], ({ message }) => written.push(JSON.parse(String(message.value))))
  await until(
    'our own report',
    () => written,
    ({ length }) => length === 1,
  )
  await reading.close()
  expect(schemaProblems('report', written[0])).toEqual([])
})

test.concurrent('Slack service - Kafka away is said directly, once, and once that it is back', async (it) => {
  const slack = await install(it)
  // Nobody listens at the bootstrap address until the door opens; Kafka then names its real one.
  const door = await deserted()
  const starting = slack.start({ KAFKA_BROKERS: `127.0.0.1:${door.port}` }, { awayMs: 1_000 })
  await slack.posted(1)
  expect(slack.messages()[0].text).toContain('Kafka has not answered since')
  it.onTestFinished(await door.open(inject('brokers')))
  await starting
  await slack.posted(2)
  expect(slack.titles()).toEqual(['Error', 'Recovered'])
})

/** A port that answers from `open` on, with what is at another address. */
async function deserted() {
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    const far = connect(Number(target.split(':')[1]), '127.0.0.1')
    for (const [one, other] of [
      [socket, far],
      [far, socket],
    ]) {
      sockets.add(one)
      one.on('error', () => other.destroy())
      one.pipe(other)
    }
  })
  let target = ''
  const listen = (port: number) => new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve))
  await listen(0)
  const { port } = server.address() as { port: number }
  await new Promise((resolve) => server.close(resolve))
  return {
    port,
    async open(to: string) {
      target = to
      await listen(port)
      return () => {
        for (const socket of sockets) socket.destroy()
        server.close()
      }
    },
  }
}

// The Slack service on the tests' broker, in this process or in one of its own, with the stand-in of Slack and a plain producer for reports.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { inject, type TestContext } from 'vitest'
import { createLifecycle, within } from '../../services/platform/lifecycle.ts'
import type { Environment } from '../../services/platform/settings.ts'
import { start as startStandIn } from '../../services/sandbox/slack/start.ts'
import { type Clock, startSlack } from '../../services/slack/run.ts'
import type { Report } from '../../services/topics/records.ts'
import { newPrefix } from '../support/kafka.ts'
import { openBroker } from '../support/plain-kafka.ts'
import { until } from '../support/wait.ts'

type Attachment = { text: string; color: string; fields: { title: string; value: string }[] }
/** A message as Slack got it. */
export type Message = { username: string; text: string; attachments: Attachment[] }

/** @param it the test's own context: tests run beside each other */
export async function install(it: TestContext) {
  const broker = await openBroker(inject('brokers'))
  const stand = await startStandIn()
  it.onTestFinished(async () => {
    await broker.close()
    await stand.close()
  })
  const prefix = newPrefix()
  const topic = `${prefix}.reports`
  await broker.createTopic(topic, 1)
  const env = {
    KAFKA_BROKERS: broker.brokers,
    KAFKA_SESSION_TIMEOUT: '6',
    TOPIC_PREFIX: prefix,
    SLACK_INCOMING_WEBHOOK: `${stand.origin}/services/T0/B0/very-secret`,
    SLACK_PORT: '0',
    LOGGER_LEVEL: 'silent',
    // No daily report unless the test is of one.
    DAILY_REPORT_TIME: '23',
    SCHEDULE_TZ: zoneAtNoon(new Date()),
  }
  const messages = () =>
    stand.received
      .last()
      .map(({ fields }) => fields as unknown as Message)
      .toReversed()
  const ready = (port: number) =>
    until(
      'the service to be ready',
      async () => (await fetch(`http://127.0.0.1:${port}/readyz`)).status,
      (status) => status === 200,
    )
  return {
    broker,
    stand,
    prefix,
    topic,
    env,
    ready,
    async report(...reports: Report[]): Promise<void> {
      const values = reports.map((one) => ({ key: one.service, value: JSON.stringify(one) }))
      await broker.producer.send({ topic, messages: values, acks: -1 })
    },
    messages,
    /** Titles of all messages so far, in order. */
    titles: () => messages().map(({ attachments }) => attachments[0].text.replace('Logs Export ', '')),
    /** Waits for so many messages. */
    posted: (count: number, limitMs = 15_000) =>
      until(`${count} messages`, messages, ({ length }) => length >= count, { limitMs }),
    /** What stands behind the group's commit. */
    committed: () =>
      broker.admin(async (admin) => {
        const [{ partitions }] = await admin.fetchOffsets({ groupId: `${prefix}.slack`, topics: [topic] })
        return { offset: Number(partitions[0].offset), metadata: partitions[0].metadata ?? '' }
      }),
    /** In this process. */
    async start(more: Environment = {}, clock?: Clock) {
      const lifecycle = createLifecycle()
      it.onTestFinished(async () => void (await lifecycle.close()))
      const { port } = await startSlack({ ...env, ...more }, lifecycle, clock)
      await ready(port)
      return {
        port,
        close: async () => {
          const failed = await within(lifecycle.close(), 15_000, 'closing the Slack service')
          if (failed.length > 0) throw new Error(`not closed cleanly: ${failed.join('; ')}`)
        },
      }
    },
    /** As a process of its own. */
    async spawn(more: Environment = {}) {
      const all = { PATH: process.env.PATH, ...env, LOGGER_LEVEL: 'info', ...more }
      const child = spawn(process.execPath, ['services/slack/main.ts'], { env: all })
      it.onTestFinished(() => void child.kill('SIGKILL'))
      const output = { out: '', err: '' }
      child.stdout.on('data', (data: Buffer) => (output.out += data.toString()))
      child.stderr.on('data', (data: Buffer) => (output.err += data.toString()))
      const closed = once(child, 'close') as Promise<[number | null]>
      const port = () => /"port":(\d+),"message":"listening"/.exec(output.out)?.[1]
      await ready(Number(await until('the port', port, Boolean)))
      return {
        output,
        async end(signal: NodeJS.Signals) {
          child.kill(signal)
          return (await within(closed, 15_000, 'the end of the Slack service'))[0]
        },
      }
    },
  }
}

/** A zone in which it is about noon now, so that 23 is hours away. */
function zoneAtNoon(now: Date): string {
  const ahead = now.getUTCHours() - 12
  return ahead === 0 ? 'Etc/GMT' : `Etc/GMT${ahead > 0 ? '+' : '-'}${Math.abs(ahead)}`
}

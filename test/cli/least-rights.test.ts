// Every service and every verb with just the rights that `validate --acls` names, at a broker that grants nothing else.
import { AclOperationTypes, AclPermissionTypes, AclResourceTypes, ResourcePatternTypes } from 'kafkajs'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { type Grant, leastGrants } from '../../services/cli/validate/acls.ts'
import { startConsole } from '../../services/console/run.ts'
import { logIdAt } from '../../services/events/log-id.ts'
import { startIngest } from '../../services/ingest/run.ts'
import type { Broker as LocalBroker } from '../../services/local/broker/broker.ts'
import { createLifecycle, type Lifecycle } from '../../services/platform/lifecycle.ts'
import { type Environment, readSettings } from '../../services/platform/settings.ts'
import { start as startAuth0 } from '../../services/sandbox/auth0/start.ts'
import { start as startSegment } from '../../services/sinks/segment/stand-in/start.ts'
import { startSink } from '../../services/sinks/runtime/run.ts'
import { segment } from '../../services/sinks/segment/sink.ts'
import { startSlack } from '../../services/slack/run.ts'
import { connectKafka } from '../../services/topics/client.ts'
import { ensureTopics } from '../../services/topics/create.ts'
import { kafkaFields } from '../../services/topics/fields.ts'
import { send, TOKEN } from '../support/ingest.ts'
import { testKafka } from '../support/kafka.ts'
import { brokerWithRights } from '../support/own-broker.ts'
import { until } from '../support/wait.ts'
import { auth0Logs } from './terminal.ts'

const PREFIX = 'least.rights'
const PARTS = ['ingest', 'ingest with BACKFILL', 'segment', 'slack', 'console and auth0-logs'] as const
const userOf = (part: string) => part.replaceAll(/\W/g, '')
let broker: LocalBroker
let secure: string
beforeAll(async () => {
  ;({ broker, secure } = await brokerWithRights([...PARTS.map(userOf), 'nobody']))
  const client = testKafka(broker.brokers, PREFIX)
  const letters = ['ingest', 'segment'].map((service) => ({ deadLetters: service }))
  await ensureTopics(client, ['events', ...letters, 'reports', 'control'])
  const admin = client.kafka.admin()
  await admin.connect()
  await admin.createAcls({
    acl: PARTS.flatMap((part) => leastGrants(PREFIX, ['segment'])[part].flatMap((grant) => aclsOf(userOf(part), grant))),
  })
  await admin.disconnect()
}, 60_000)
afterAll(() => broker.discard())

const aclsOf = (user: string, { resource, name, operations, isPrefix }: Grant) =>
  operations.map((operation) => ({
    resourceType: resource === 'topic' ? AclResourceTypes.TOPIC : AclResourceTypes.GROUP,
    resourceName: name,
    resourcePatternType: isPrefix ? ResourcePatternTypes.PREFIXED : ResourcePatternTypes.LITERAL,
    principal: `User:${user}`,
    host: '*',
    operation: AclOperationTypes[operation.toUpperCase() as keyof typeof AclOperationTypes],
    permissionType: AclPermissionTypes.ALLOW,
  }))

const envOf = (part: string, more: Environment = {}): Environment => ({
  KAFKA_BROKERS: secure,
  KAFKA_SASL_MECHANISM: 'plain',
  KAFKA_SASL_USERNAME: userOf(part),
  KAFKA_SASL_PASSWORD: userOf(part),
  KAFKA_CREATE_TOPICS: 'false',
  TOPIC_PREFIX: PREFIX,
  LOGGER_LEVEL: 'silent',
  RUN_WINDOW: '1',
  ...more,
})

async function started(start: (lifecycle: Lifecycle) => Promise<{ port: number }>) {
  const failures: Error[] = []
  const lifecycle = createLifecycle((error) => failures.push(error))
  const { port } = await start(lifecycle)
  onTestFinished(async () => {
    await lifecycle.close()
    expect(failures).toEqual([])
  })
  const origin = `http://127.0.0.1:${port}`
  await until(
    'ready',
    async () => (await fetch(`${origin}/readyz`)).text(),
    (text) => text.includes('"ok"'),
    { limitMs: 30_000, everyMs: 100 },
  )
  return origin
}

const login = (id: string, ms: number) =>
  JSON.stringify([{ log_id: id, data: { log_id: id, type: 's', date: new Date(ms).toISOString() } }])

describe('least rights', { timeout: 120_000 }, () => {
  test('every service and every verb - does its work with what is granted, and nothing else is needed', async () => {
    const vendor = await startSegment()
    onTestFinished(() => vendor.close())
    const auth0 = await startAuth0()
    onTestFinished(() => auth0.close())
    auth0.append(5)
    const ingest = await started((lifecycle) =>
      startIngest(envOf('ingest', { INGEST_TOKENS: TOKEN, INGEST_PORT: '0' }), lifecycle),
    )
    const id = logIdAt(Date.now())
    expect(await send(ingest, { body: login(id, Date.now()) })).toMatchObject({ status: 200 })
    expect(await send(ingest, { body: 'no event' })).toMatchObject({
      status: 200,
      text: expect.stringContaining('"quarantined":1'),
    })

    await started((lifecycle) =>
      startSink(
        segment as never,
        envOf('segment', { SEGMENT_KEY: 'key', SEGMENT_HOST: vendor.origin, SINK_PORT: '0' }),
        lifecycle,
      ),
    )
    await until(
      'the delivery',
      () => vendor.received.total,
      (count) => count >= 1,
      { limitMs: 30_000 },
    )

    const polled = {
      BACKFILL: 'poll',
      AUTH0_DOMAIN: auth0.domain,
      AUTH0_CLIENT_ID: auth0.clientId,
      AUTH0_CLIENT_SECRET: auth0.clientSecret,
      AUTH0_API_URL: auth0.origin,
    }
    await started((lifecycle) =>
      startIngest(envOf('ingest with BACKFILL', { INGEST_TOKENS: TOKEN, INGEST_PORT: '0', ...polled }), lifecycle),
    )
    await until(
      'what was polled',
      () => vendor.received.total,
      (count) => count >= 6,
      { limitMs: 30_000 },
    )
    await started((lifecycle) =>
      startSlack(envOf('slack', { SLACK_PORT: '0', SLACK_INCOMING_WEBHOOK: vendor.origin }), lifecycle),
    )
    await started((lifecycle) => startConsole(envOf('console and auth0-logs', { CONSOLE_PORT: '0' }), lifecycle))

    const verbs = [
      ['status'],
      ['status', 'segment'],
      ['runs'],
      ['explain', id],
      ['pause', 'segment'],
      ['resume', 'segment'],
      ['schedule', 'segment', 'continuous'],
      ['settings', 'segment'],
      ['settings', 'segment', '--set', 'BATCH_SIZE=50'],
      ['replay', 'segment', '--from', 'earliest'],
      ['replay', 'segment', '--from', 'earliest', '--apply'],
      ['replay', 'segment', '--from', 'earliest', '--to', 'latest', '--apply'],
      ['backfill', '--from', new Date(Date.now() - 60_000).toISOString(), '--detach'],
      ['jobs', 'list'],
      ['prove', '--day', 'yesterday'],
      ['proofs'],
      ['dead-letters', 'list', 'ingest'],
      ['stop', 'segment'],
      ['start', 'segment'],
    ]
    for (const verb of verbs) {
      const { status, err, out } = await auth0Logs(verb, envOf('console and auth0-logs'))
      expect({ verb: verb.join(' '), status, said: status === 0 ? '' : err || out }).toEqual({
        verb: verb.join(' '),
        status: 0,
        said: '',
      })
    }
  })

  test('no right at all - the refusal names the topics and the right', async () => {
    const of = (env: Environment) => connectKafka(readSettings(kafkaFields, env), testKafka(secure, PREFIX).log)
    await expect(ensureTopics(of(envOf('nobody')), ['events'])).rejects.toThrow(`create ${PREFIX}`)
    await expect(ensureTopics(of(envOf('nobody', { KAFKA_CREATE_TOPICS: 'true' })), ['events'])).rejects.toThrow(
      /Kafka does not create least\.rights: .*uthoriz.*grant Create on topic least\.rights/,
    )
  })
})

// docker-compose.yml: as text everywhere, and where a Docker engine answers with a broker started from its kafka service.
import { execFileSync } from 'node:child_process'
import { GenericContainer, getContainerRuntimeClient, RandomPortGenerator, Wait } from 'testcontainers'
import { describe, expect, it, onTestFinished } from 'vitest'
import { consoleFields } from '../../services/console/fields.ts'
import { ingestFields } from '../../services/ingest/fields.ts'
import { kafkaVersion } from '../../services/local/broker/kafka-artifacts.ts'
import { createLifecycle, within } from '../../services/platform/lifecycle.ts'
import { loggerFields } from '../../services/platform/logger.ts'
import type { Fields } from '../../services/platform/settings.ts'
import { traceFields } from '../../services/platform/traces.ts'
import { sandboxFields } from '../../services/sandbox/fields.ts'
import { start as startSegment } from '../../services/sinks/segment/stand-in/start.ts'
import type { Sink } from '../../services/sinks/runtime/contract.ts'
import { sinkFields } from '../../services/sinks/runtime/settings.ts'
import { startSink } from '../../services/sinks/runtime/run.ts'
import { segment } from '../../services/sinks/segment/sink.ts'
import { slackFields } from '../../services/slack/settings.ts'
import { kafkaFields } from '../../services/topics/fields.ts'
import { ingestEnv, newPrefix, openIngest, send } from '../support/ingest.ts'
import { findSinks } from '../support/sinks.ts'
import { composeProblems, type ComposeService, composeText, readCompose } from './compose-file.ts'

const { services, volumes } = readCompose(composeText)
const { kafka, ...ours } = services
const sinks = (await findSinks()).map(({ sink }) => sink)
const namesOf = (fields: Fields) => Object.values(fields).flatMap((field) => field.names)

/** Not handed on: the file itself decides what goes to the sandbox, and a container listens on all its addresses. */
const NOT_HANDED_ON = /^SINK_SANDBOX$|^LISTEN_HOST$/
/** What libraries read by themselves: the way out through a proxy, and where AWS keeps the credentials of a role. */
const OF_LIBRARIES = `
  HTTPS_PROXY HTTP_PROXY NO_PROXY NODE_USE_ENV_PROXY NODE_EXTRA_CA_CERTS
  AWS_PROFILE AWS_CONFIG_FILE AWS_SHARED_CREDENTIALS_FILE AWS_ROLE_ARN AWS_WEB_IDENTITY_TOKEN_FILE
  AWS_CONTAINER_CREDENTIALS_FULL_URI AWS_CONTAINER_CREDENTIALS_RELATIVE_URI AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE
`
  .trim()
  .split(/\s+/)

describe('compose file', () => {
  it('services - Kafka from its official image, all others from one image of ours', () => {
    expect(kafka.image).toBe(`apache/kafka:${kafkaVersion}`)
    expect(Object.keys(ours)).toEqual(
      expect.arrayContaining(['ingest', ...sinks.map(({ name }) => name), 'slack', 'console', 'sandbox']),
    )
    for (const { image, build } of Object.values(ours)) {
      expect([image, build]).toEqual(['auth0-log-pipeline', { context: '.', dockerfile: 'services/deploy/Dockerfile' }])
    }
  })

  it('every service - comes back, ends in its own time, keeps its log small', () => {
    for (const [name, { restart, stop_grace_period, logging, init }] of Object.entries(services)) {
      expect([name, restart, stop_grace_period]).toEqual([name, 'unless-stopped', name === 'kafka' ? '30s' : '15s'])
      expect([name, logging]).toEqual([name, { driver: 'json-file', options: { 'max-size': '10m', 'max-file': '3' } }])
      expect([name, init]).toEqual([name, name === 'kafka' ? undefined : true])
    }
  })

  it.each(Object.keys(ours))(
    '%s - is a service to its entry point, which keeps its container where its settings are bad',
    (name) => {
      expect(ours[name].entrypoint).toEqual(['/app/services/deploy/stay-on-bad-settings.sh'])
      const folder = ['cloudwatch', 'segment', 'papertrail'].includes(name) ? `sinks/${name}` : name
      expect(ours[name].command?.join(' ')).toMatch(new RegExp(`node services/${folder}/main\\.ts$`))
    },
  )

  it('every service - has a memory limit, and Kafka more than its heap', () => {
    const mib = (limit: unknown) => Number(/^(\d+)m$/.exec(String(limit))?.[1])
    for (const [name, { mem_limit }] of Object.entries(services)) expect([name, mib(mem_limit) >= 384]).toEqual([name, true])
    expect(mib(kafka.mem_limit)).toBeGreaterThan(2 * 512)
  })

  it('kafka - one node that keeps its data, with a health check that the others wait for', () => {
    expect(kafka.environment).toMatchObject({
      KAFKA_PROCESS_ROLES: 'broker,controller',
      KAFKA_LOG_DIRS: '/var/lib/kafka/data',
      KAFKA_OFFSETS_TOPIC_REPLICATION_FACTOR: '1',
      KAFKA_TRANSACTION_STATE_LOG_REPLICATION_FACTOR: '1',
      KAFKA_TRANSACTION_STATE_LOG_MIN_ISR: '1',
    })
    expect(kafka.volumes).toEqual(['kafka:/var/lib/kafka/data'])
    expect(volumes).toHaveProperty('kafka')
    expect(kafka.healthcheck?.test).toContain('/opt/kafka/bin/kafka-broker-api-versions.sh')
    for (const name of ['ingest', ...sinks.map(({ name }) => name), 'slack', 'console']) {
      expect([name, ours[name].depends_on?.kafka]).toEqual([name, { condition: 'service_healthy' }])
      expect([name, ours[name].environment.KAFKA_BROKERS]).toEqual([name, '${KAFKA_BROKERS:-kafka:9092}'])
    }
  })

  it('ports - only this machine reaches them, and a sink has none, so that it can be scaled', () => {
    const published = Object.entries(services).flatMap(([name, { ports = [] }]) => ports.map((port) => [name, port]))
    expect(published).toEqual([
      ['ingest', '127.0.0.1:${INGEST_PORT:-8080}:8080'],
      ['console', '127.0.0.1:${CONSOLE_PORT:-8081}:8081'],
      ['sandbox', '127.0.0.1:${SANDBOX_PORT:-8082}:8082'],
    ])
  })

  it.each<[string, Fields]>([
    ['ingest', { ...kafkaFields, ...loggerFields, ...traceFields, ...ingestFields({}) }],
    ['sandbox', sandboxFields(['auth0', 'slack', ...sinks.map(({ name }) => name)])],
    ['console', { ...kafkaFields, ...loggerFields, ...consoleFields }],
    ['slack', { ...kafkaFields, ...loggerFields, ...slackFields }],
    ...sinks.map((sink): [string, Fields] => [
      sink.name,
      { ...kafkaFields, ...loggerFields, ...traceFields, ...sinkFields(sink.name, 1, {}), ...sink.fields },
    ]),
  ])('%s - is handed every setting that it has', (name, fields) => {
    const wanted = namesOf(fields).filter((setting) => !NOT_HANDED_ON.test(setting))
    expect(wanted.filter((setting) => !(setting in ours[name].environment))).toEqual([])
  })

  it.each(Object.keys(ours).filter((name) => name !== 'sandbox'))(
    '%s - is handed what libraries read, and reaches the sandbox without a proxy',
    (name) => {
      expect(Object.keys(ours[name].environment)).toEqual(expect.arrayContaining(OF_LIBRARIES))
      expect(ours[name].environment.NO_PROXY).toBe('localhost,127.0.0.1,sandbox,${NO_PROXY:-}')
      expect(ours[name].volumes).toContain('${FILES_DIR:-files}:/files:ro')
    },
  )

  it('Kafka and the sandbox - are there unless one says that they are not needed', () => {
    expect(kafka.deploy).toEqual({ replicas: '${BUNDLED_KAFKA:-1}' })
    expect(ours.sandbox.deploy).toEqual({ replicas: '${BUNDLED_SANDBOX:-1}' })
  })

  it.each([...sinks.map(({ name }) => name), 'slack'])('%s - never delivers to a sandbox that is not there', (name) => {
    expect(ours[name].environment).toHaveProperty('BUNDLED_SANDBOX')
    expect(environmentOf(ours[name], { BUNDLED_SANDBOX: '0' })).toEqual({ BUNDLED_SANDBOX: '0' })
    expect(environmentOf(ours[name], { BUNDLED_SANDBOX: '1' })).toHaveProperty('SINK_SANDBOX', 'true')
  })

  it.each(sinks)('$name - without settings of its own delivers to the sandbox, with one never', (sink) => {
    expect(environmentOf(ours[sink.name], {})).toMatchObject({ SINK_SANDBOX: 'true', ...withAddress(sink) })
    const required = Object.values(sink.fields).filter((field) => field.required && field.names[0] !== 'AWS_REGION')
    expect(required.length).toBeGreaterThan(0)
    for (const { names } of required) {
      expect(environmentOf(ours[sink.name], { [names[0]]: 'mine' })).toEqual({ [names[0]]: 'mine' })
    }
  })

  it.each(slackFields.webhook.names)('slack - without a webhook tells the sandbox, with %s never', (name) => {
    const sandbox = `http://sandbox:${ours.sandbox.environment.SANDBOX_SLACK_PORT}/services/T000/B000/sandbox`
    expect(environmentOf(ours.slack, {})).toEqual({ SINK_SANDBOX: 'true', SLACK_INCOMING_WEBHOOK: sandbox })
    expect(environmentOf(ours.slack, { [name]: 'mine' })).toEqual({ [name]: 'mine' })
  })

  it('file - holds nothing that docker-compose 1.29 or Compose 2 refuses or misreads', () => {
    expect(composeProblems(composeText)).toEqual([])
  })

  it.each([
    'name: a\nservices: {}',
    'include: [a.yml]\nservices: {}',
    'services: {a: {image: "${A:-${B}}"}}',
    'services: {a: {image: "${A:+b}"}}',
    'services: {a: {develop: {}}}',
    'services: {a: {env_file: [{path: .env, required: false}]}}',
    'services: {a: {healthcheck: {start_interval: 1s}}}',
    'services: {a: {build: {additional_contexts: {}}}}',
    'services: {a: {depends_on: {b: {condition: service_healthy, required: false}}}}',
    'services: {a: {environment: {B: true}}}',
    'services: {a: {ports: [{target: 80, host_ip: 127.0.0.1}]}}',
  ])('rule - finds what is planted: %s', (text) => {
    expect(composeProblems(text)).toHaveLength(1)
  })

  it('kafka - as the file sets it up, carries an event from the ingest to a sink', async () => {
    expect(kafka.environment.KAFKA_ADVERTISED_LISTENERS).toBe('PLAINTEXT://kafka:9092')
    const host = await engineHost()
    if (host === undefined) {
      console.log('no Docker engine answers within 3 s: docker-compose.yml was checked as text, nothing was started from it')
      return
    }
    const env = ingestEnv(await startKafka(host), newPrefix())
    const vendor = await startSegment()
    onTestFinished(vendor.close)
    const ingest = await openIngest(env)
    onTestFinished(async () => void (await ingest.close()))
    const lifecycle = createLifecycle()
    onTestFinished(async () => void (await lifecycle.close()))
    const settings = { SEGMENT_KEY: 'key', SEGMENT_HOST: vendor.origin, SINK_PORT: '0' }
    await startSink(segment as unknown as Sink, { ...env, ...settings }, lifecycle)
    const answer = await send(ingest.origin, { body: '[{"log_id":"1","data":{"type":"s","date":"2026-03-04T05:06:07.890Z"}}]' })
    expect([answer.status, answer.text]).toEqual([200, '{"accepted":1,"quarantined":0}'])
    await expect.poll(() => vendor.received.last().map(({ id }) => id), { timeout: 20_000 }).toEqual(['1'])
  }, 240_000)
})

/** What the sink's own process would see of these and of what its command adds. */
function environmentOf(service: ComposeService, given: Record<string, string>): Record<string, string> {
  const [shell, option, script] = service.command ?? []
  const shown = script.replaceAll('$$', '$').replace(/exec node .*/, 'exec env')
  const lines = execFileSync(shell, [option, shown], { env: given, encoding: 'utf8' }).trim().split('\n')
  const added = lines.map((line) => line.split(/=(.*)/, 2)).filter(([name]) => name !== 'PWD')
  return Object.fromEntries(added)
}

/** The sink's settings for its stand-in, at the address that the file gives the sandbox. */
function withAddress({ name, sandbox }: Sink): Record<string, string> {
  const { SANDBOX_HOST, SANDBOX_DIR, ...rest } = ours.sandbox.environment
  const port = rest[`SANDBOX_${name.toUpperCase()}_PORT`]
  const facts: Record<string, string> = {
    $ORIGIN: `http://${SANDBOX_HOST}:${port}`,
    $HOST: String(SANDBOX_HOST),
    $PORT: String(port),
    $CA_FILE: `${SANDBOX_DIR}/papertrail-ca.pem`,
  }
  return Object.fromEntries(Object.entries(sandbox).map(([setting, value]) => [setting, facts[value] ?? value]))
}

/** Where containers' ports are reached; undefined where no engine answers. */
function engineHost(): Promise<string | undefined> {
  return within(getContainerRuntimeClient(), 3_000, 'asking for a Docker engine').then(
    ({ info }) => info.containerRuntime.host,
    () => undefined,
  )
}

/** The file's broker, with a listener for this machine beside its own. @returns its address */
async function startKafka(host: string): Promise<string> {
  const port = await new RandomPortGenerator().generatePort()
  const { KAFKA_LISTENERS, KAFKA_ADVERTISED_LISTENERS, KAFKA_LISTENER_SECURITY_PROTOCOL_MAP, ...rest } = kafka.environment
  const container = await new GenericContainer(kafka.image)
    .withExposedPorts({ container: 29_092, host: port })
    .withEnvironment({
      ...(rest as Record<string, string>),
      KAFKA_LISTENERS: `${KAFKA_LISTENERS},HOST://:29092`,
      KAFKA_ADVERTISED_LISTENERS: `${KAFKA_ADVERTISED_LISTENERS},HOST://${host}:${port}`,
      KAFKA_LISTENER_SECURITY_PROTOCOL_MAP: `${KAFKA_LISTENER_SECURITY_PROTOCOL_MAP},HOST:PLAINTEXT`,
    })
    .withWaitStrategy(Wait.forLogMessage('Kafka Server started'))
    .withStartupTimeout(120_000)
    .start()
  onTestFinished(async () => void (await container.stop()))
  return `${host}:${port}`
}

// `status` against a real Kafka: what services are, where their groups stand, whether the account balances.
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import { perform } from '../../services/operations/index.ts'
import { readStatus, type ServiceStatus, type Status } from '../../services/operations/status.ts'
import { publishControl, readControl } from '../../services/topics/control.ts'
import { encodeAccount, newAccount, newReport, type Report } from '../../services/topics/records.ts'
import { publishReport } from '../../services/topics/reports.ts'
import { newPrefix } from '../support/kafka.ts'
import { type Broker, openBroker } from '../support/plain-kafka.ts'
import { announce, closeOperators, openOperator, serviceRecord } from './announced.ts'

let broker: Broker
beforeAll(async () => {
  broker = await openBroker(inject('brokers'))
})
afterAll(async () => {
  await closeOperators()
  await broker.close()
})

const named = ({ services }: Status, name: string) => services.find((service) => service.name === name) as ServiceStatus
const report = (service: string, more: Partial<Report>) => {
  const at = new Date().toISOString()
  const run = { service, instance: 'a', run: 'r', status: 'success', started_at: at, ended_at: at } as const
  return newReport({ ...run, processed: 5, delivered: 5, ...more })
}

/** Five records in partition 0, of which the group has committed three. */
async function installed(metadata: string) {
  const prefix = newPrefix()
  const context = openOperator(inject('brokers'), prefix)
  const { client, producer } = context
  await announce(client, producer, [
    serviceRecord(prefix, 'segment'),
    serviceRecord(prefix, 'ingest', { kind: 'ingest', group: '', fields: [] }),
  ])
  const received = Date.now() - 60_000
  const messages = [0, 1, 2, 3, 4].map((n) => ({
    partition: 0,
    key: `id-${n}`,
    value: '{}',
    timestamp: String(received + n * 1_000),
  }))
  await broker.producer.send({ topic: prefix, messages })
  const member = await broker.commit(`${prefix}.segment`, prefix, '3', metadata)
  const ask = (given: Record<string, unknown>) => perform(context, 'viewer', 'status', given) as Promise<Status>
  return { prefix, client, producer, member, received, ask }
}

describe('status', { concurrent: true }, () => {
  test('a sink that lags - lag, members, oldest waiting, checkpoint and account from Kafka alone', async () => {
    const account = { ...newAccount(0), delivered: 2, filtered: 1, checkpoint: 'id-2' }
    const { member, received, ask } = await installed(encodeAccount(account))
    const found = await ask({})
    await member.leave()
    expect(found.services.map(({ name }) => name)).toEqual(['ingest', 'segment'])
    expect(found.topic).toMatchObject({ partitions: 3, records: 5 })
    expect(named(found, 'ingest')).toMatchObject({ lag: null, account: null, members: [], partitions: [] })
    const segment = named(found, 'segment')
    expect(segment).toMatchObject({
      state: 'running',
      setBy: null,
      schedule: 'continuous',
      nextRun: '',
      groupState: 'Stable',
      lag: 2,
    })
    expect(segment.members.map(({ partitions }) => partitions)).toEqual([[0, 1, 2]])
    expect(segment).toMatchObject({ checkpoint: 'id-3', oldestUndelivered: new Date(received + 3_000).toISOString() })
    expect(segment.account).toEqual({
      delivered: 2,
      filtered: 1,
      duplicates: 0,
      dead_lettered: 0,
      expired: 0,
      lag: 2,
      balances: true,
    })
    expect(segment.partitions.map(({ partition, lag, kind }) => [partition, lag, kind])).toEqual([
      [0, 2, 'counted'],
      [1, 0, 'new'],
      [2, 0, 'new'],
    ])
  })

  test('offsets set from outside - no account is said, and the partition is named', async () => {
    const { member, ask } = await installed('')
    await member.leave()
    const [partition] = named(await ask({ service: 'segment' }), 'segment').partitions
    expect(partition).toMatchObject({ kind: 'reset', base: 3, lag: 2, balances: true })
  })

  test('what operators and reports say - who set the state, what it overrides, the schedule, trouble and the last run', async () => {
    const { client, producer, member, ask } = await installed('')
    await member.leave()
    const asked = { by: 'ada', at: '2026-03-04T05:06:07.000Z' }
    await publishControl(client, producer, 'settings/segment', { values: { SEGMENT_SCHEDULE: '*/5 * * * *' }, ...asked })
    await publishReport(client, producer, report('segment', { status: 'held', error: 'denied: no' }))
    const held = named(await ask({}), 'segment')
    expect(held).toMatchObject({
      trouble: { status: 'held', error: 'denied: no' },
      lastRun: { status: 'held', logsProcessed: 5 },
    })
    expect(held.schedule).toBe('*/5 * * * *')
    expect(Date.parse(held.nextRun) - Date.now()).toBeLessThanOrEqual(300_000)
    await publishControl(client, producer, 'state/segment', { state: 'paused', ...asked })
    const paused = named(await ask({}), 'segment')
    expect(paused).toMatchObject({ state: 'paused', setBy: { ...asked, overrides: 'running' }, nextRun: '' })
  })

  test('the ingest - what came in and was refused in the last hour; a sink that is held says when it tries again', async () => {
    const { client, producer, member, ask } = await installed('')
    await member.leave()
    await publishReport(client, producer, report('ingest', { processed: 7, dead_lettered: 1, refused: { unauthorized: 2 } }))
    const next = new Date(Date.now() + 20_000).toISOString()
    await publishReport(client, producer, report('segment', { status: 'held', error: 'http_401: no', next_try: next }))
    const found = await ask({})
    expect(named(found, 'ingest')).toMatchObject({
      trouble: null,
      intake: { events: 7, quarantined: 1, refused: [{ reason: 'unauthorized', bodies: 2 }] },
    })
    expect(named(found, 'segment')).toMatchObject({
      intake: null,
      trouble: { nextTry: next, command: 'auth0-logs settings segment' },
    })
  })

  test('an unknown service - is refused with the names of those there are', async () => {
    const context = openOperator(inject('brokers'), newPrefix())
    const { client, producer } = context
    await announce(client, producer, [serviceRecord('p', 'segment.sandbox', { sandbox: true })])
    const control = await readControl(client, 'test')
    await expect(readStatus(client, { control, told: [], service: 'nobody' })).rejects.toThrow(/Available: segment\.sandbox/)
    const { services } = await readStatus(client, { control, told: [], service: 'segment' })
    expect(services.map(({ name }) => name)).toEqual(['segment.sandbox'])
  })
})

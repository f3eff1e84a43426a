// Records of others in our own topics: every command answers, shows what it understands, and names what it does not.
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import type { Status } from '../../services/operations/status.ts'
import { ensureTopics } from '../../services/topics/create.ts'
import { announce, closeOperators, openOperator, serviceRecord } from '../operations/announced.ts'
import * as right from '../support/foreign-records.ts'
import { newPrefix } from '../support/kafka.ts'
import { type Broker, openBroker } from '../support/plain-kafka.ts'
import { type SeededRandom, seededRandom } from '../support/random.ts'
import { auth0Logs } from './terminal.ts'

let broker: Broker
beforeAll(async () => {
  broker = await openBroker(inject('brokers'))
})
afterAll(async () => {
  await closeOperators()
  await broker.close()
})

type Message = { key: string | null; value: string | null }

/** Keys that are ours, nearly ours, and nobody's. `service/segment` itself is spared. */
const KEYS = [
  'service/x',
  'service/__proto__',
  'service/constructor',
  'state/segment',
  'state/x',
  'settings/x',
  'settings/__proto__',
  'job/segment/a-1',
  'job/segment/reset',
  'job/segment/b',
  'job/x',
  'audit',
  'segment',
  'toString',
  '',
  '/',
  '\u001b[31m',
]
const CONTROL = [right.rightService, right.rightState, right.rightSettings, right.rightJob, right.rightReset]
const REPORTS = [
  right.rightReport,
  right.rightAudit,
  { ...right.rightReport, service: '__proto__' },
  { ...right.rightReport, service: 'constructor' },
]

/** A compacted topic takes no record without a key. */
function foreign(random: SeededRandom, examples: readonly object[]): Message {
  const key = examples === REPORTS && random.chance(0.05) ? null : random.pick(KEYS)
  if (random.chance(0.2)) return { key, value: random.pick(right.noRecords) }
  return { key, value: JSON.stringify(right.changed(random.pick(examples), random)) }
}

async function installed() {
  const prefix = newPrefix()
  const { client, producer } = openOperator(inject('brokers'), prefix)
  await announce(client, producer, [
    serviceRecord(prefix, 'segment'),
    serviceRecord(prefix, 'backfill', { kind: 'backfill', group: `${prefix}.backfill`, fields: [] }),
    serviceRecord(prefix, 'ingest', { kind: 'ingest', group: '', fields: [] }),
  ])
  await ensureTopics(client, [{ deadLetters: 'segment' }])
  const env = { KAFKA_BROKERS: inject('brokers'), TOPIC_PREFIX: prefix, COLUMNS: '100' }
  return {
    prefix,
    write: (topic: string, messages: (Message & { timestamp?: string })[]) =>
      broker.producer.send({ topic: `${prefix}${topic}`, messages, acks: -1 }),
    run: (...args: string[]) => auth0Logs(args, env),
  }
}

describe('foreign records', { timeout: 90_000 }, () => {
  test('10,000 of them in control and reports - every command answers', async () => {
    const { prefix, write, run } = await installed()
    const random = seededRandom(11)
    const some = (examples: readonly object[]) => Array.from({ length: 250 }, () => foreign(random, examples))
    for (let n = 0; n < 20; n++) {
      await write('.control', some(CONTROL))
      await write('.reports', some(REPORTS))
    }
    await (await broker.commit(`${prefix}.backfill`, `${prefix}.control`, '1', '{oops')).leave()
    const id = 'a-key-that-tells-no-time'
    await write('', [{ key: id, value: '{"type":"s"}', timestamp: '-9000000000000000' }])
    await write('.dead-letter.segment', [{ key: id, value: '\u0000', timestamp: '-9000000000000000' }])
    const headersOf = (record: object) =>
      Object.fromEntries(
        Object.entries(record).map(([name, value]) => [name, typeof value === 'string' ? value : JSON.stringify(value)]),
      )
    const letters = Array.from({ length: 500 }, () => headersOf(right.changed(right.rightLetter, random)))
    await write(
      '.dead-letter.segment',
      letters.map((headers) => ({ key: id, value: '{}', headers })),
    )
    const commands: [status: number, ...args: string[]][] = [
      [0, 'status'],
      [0, 'status', 'segment'],
      [0, 'runs'],
      [0, 'runs', '--failed', '--limit', '100'],
      [0, 'jobs', 'list', '--limit', '100'],
      [1, 'jobs', 'show', 'nobody'],
      [0, 'explain', id],
      [1, 'explain', '900196901011200001230000000000000000000012233720368547758'],
      [1, 'explain', '900999913457299999990000000000000000000012233720368547758'],
      [1, 'explain', '\u001b]0;title\u0007'],
      [2, 'explain', '9'.repeat(300)],
      [0, 'dead-letters', 'list', 'segment'],
      [0, 'dead-letters', 'show', 'segment', '0'],
      [0, 'dead-letters', 'redrive', 'segment'],
      [0, 'settings', 'segment'],
      [0, 'schedule', 'segment'],
      // One of them reads as a reset under way, which has to be finished or undone first.
      [1, 'replay', 'segment', '--from', 'earliest', '--to', 'latest'],
    ]
    for (const [status, ...args] of commands) {
      const said = await run(...args)
      expect([args, said.status, said.err]).toEqual([args, status, status === 0 ? '' : said.err])
      expect(said.out + said.err).not.toMatch(/TypeError|undefined|NaN|Invalid time|is not a function/)
      // oxlint-disable-next-line no-control-regex -- no command may send one to a terminal
      expect(said.out).not.toMatch(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/)
    }
    const { services, notUnderstood } = JSON.parse((await run('status', '--json')).out) as Status
    expect(services.map(({ name }) => name)).toContain('segment')
    expect(notUnderstood.map(({ topic }) => topic)).toEqual([`${prefix}.control`, `${prefix}.reports`])
    for (const { count, records, topic } of notUnderstood) {
      expect(records.length).toBeGreaterThan(10)
      expect(records.length).toBeLessThanOrEqual(100)
      expect([topic, count]).toEqual([
        topic,
        topic.endsWith('.reports') ? expect.toSatisfy((n: number) => n > 100) : records.length,
      ])
      expect(new Set(records.map((one) => one.topic))).toEqual(new Set([topic]))
    }
  })

  test('one record - is named with its place and how to remove it; an empty record with its key ends it', async () => {
    const { prefix, write, run } = await installed()
    const key = 'job/segment/reset'
    await write('.control', [{ key, value: JSON.stringify({ ...right.rightReset, checkpoint: 'oops' }) }])
    const told = (await run('status')).out.replaceAll(/\s+/g, ' ')
    expect(told).toContain(`1 record in ${prefix}.control is not understood and left out. No log is lost.`)
    expect(told).toContain('partition 0 offset 3, key "job/segment/reset": checkpoint must be JSON')
    expect(told).toContain('To remove a record, write an empty record (a tombstone) with its key.')
    await write('.control', [{ key, value: null }])
    expect((await run('status')).out).not.toContain('not understood')
  })

  test('a newer version - is told as such, and what was in force before stays', async () => {
    const { write, run } = await installed()
    await write('.control', [
      { key: 'state/segment', value: JSON.stringify(right.rightState) },
      { key: 'state/segment', value: JSON.stringify({ ...right.rightState, v: 2, state: 'asleep' }) },
    ])
    const { services, notUnderstood } = JSON.parse((await run('status', '--json')).out) as Status
    expect(services.find(({ name }) => name === 'segment')?.state).toBe('paused')
    expect(notUnderstood).toMatchObject([
      { count: 1, records: [{ key: 'state/segment', why: expect.stringMatching(/newer version \(v 2/) as string }] },
    ])
  })
})

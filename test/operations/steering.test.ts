// States, schedules and settings against a real Kafka, done as console and CLI do them: with role and audit record.
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import { NotAllowed, operations, perform } from '../../services/operations/index.ts'
import { Refusal, WrongUse } from '../../services/operations/operation.ts'
import type { Preview } from '../../services/operations/replay.ts'
import type { RunAsked } from '../../services/operations/run-now.ts'
import type { ScheduleChange } from '../../services/operations/schedule.ts'
import { assignments, type SettingsChange, type SettingsShown } from '../../services/operations/settings.ts'
import { setState, type StateChange } from '../../services/operations/state.ts'
import { logIdAt } from '../../services/events/log-id.ts'
import { publishControl, readControl } from '../../services/topics/control.ts'
import type { AuditRecord } from '../../services/topics/records.ts'
import { readReports } from '../../services/topics/reports.ts'
import { newPrefix } from '../support/kafka.ts'
import { type Broker, openBroker } from '../support/plain-kafka.ts'
import { schemaProblems } from '../support/schemas.ts'
import { announce, closeOperators, openOperator, serviceRecord } from './announced.ts'

let broker: Broker
beforeAll(async () => {
  broker = await openBroker(inject('brokers'))
})
afterAll(async () => {
  await closeOperators()
  await broker.close()
})

async function installed() {
  const prefix = newPrefix()
  const context = openOperator(inject('brokers'), prefix)
  const { client, producer } = context
  await announce(client, producer, [
    serviceRecord(prefix, 'segment'),
    serviceRecord(prefix, 'papertrail', { fields: [] }),
    serviceRecord(prefix, 'ingest', { kind: 'ingest', group: '' }),
  ])
  return {
    prefix,
    context,
    ask: <R>(name: string, given: Record<string, unknown>, role: 'viewer' | 'operator' = 'operator') =>
      perform(context, role, name, given) as Promise<R>,
    control: async (key: string) => (await readControl(client, 'test')).get(key),
    async audits(): Promise<AuditRecord[]> {
      const told = await readReports(client, 'test')
      return told.flatMap((one) => (one.kind === 'audit' ? [one.audit] : []))
    },
  }
}

describe('state', { concurrent: true }, () => {
  test('stop - is written, waits until the member has left, and is on record', async () => {
    const { prefix, context, control, audits } = await installed()
    const member = await broker.commit(`${prefix}.segment`, prefix, '0', '')
    let left: Promise<void> | undefined
    const progress = () => void (left ??= member.leave())
    const change = (await perform({ ...context, progress }, 'operator', 'stop', { sink: 'segment' })) as StateChange
    await left
    expect(change).toMatchObject({
      service: 'segment',
      before: { state: 'running' },
      after: { state: 'stopped', by: 'test' },
      members: 0,
      missed: false,
    })
    expect(change.effect).toBe('all members have left the group')
    const record = await control('state/segment')
    expect(record).toMatchObject({ state: 'stopped', by: 'test' })
    expect(schemaProblems('control-state', record)).toEqual([])
    const [audit, ...more] = await audits()
    expect(more).toEqual([])
    expect(audit).toMatchObject({
      by: 'test',
      role: 'operator',
      operation: 'stop',
      input: { sink: 'segment' },
      outcome: 'ok',
      after: { state: 'stopped' },
    })
    expect(schemaProblems('audit', audit)).toEqual([])
  })

  test('run - asks a scheduled service to run at once; one that is continuous or paused is refused, with the cure', async () => {
    const { ask, control, audits } = await installed()
    await expect(ask('run', { service: 'segment' })).rejects.toThrow(/all the time.*auth0-logs resume segment/)
    await ask('schedule', { service: 'segment', schedule: '0 6 * * *' })
    await expect(ask('run', { service: 'segment' }, 'viewer')).rejects.toThrow(NotAllowed)
    const asked = await ask<RunAsked>('run', { service: 'segment' })
    const record = await control('state/segment')
    expect(record).toMatchObject({ state: 'running', by: 'test', run_at: asked.after.run_at })
    expect(schemaProblems('control-state', record)).toEqual([])
    await ask('pause', { sink: 'segment' }).catch(() => {})
    await expect(ask('run', { service: 'segment' })).rejects.toThrow(/is paused: resume it first/)
    expect(await control('state/segment')).toMatchObject({ state: 'paused', run_at: asked.after.run_at })
    expect((await audits()).filter(({ operation }) => operation === 'run').map(({ outcome }) => outcome === 'ok')).toEqual([
      false,
      false,
      true,
      false,
    ])
  })

  test('resume - where no member joins in time it ends, and says so', async () => {
    const { context } = await installed()
    const change = await setState(context, 'segment', 'running', 600)
    expect(change).toMatchObject({ missed: true, members: 0, after: { state: 'running' } })
    expect(change.effect).toContain('after 0.6 s: is the service running?')
  })

  test('a service that is not known or cannot be steered - is refused, changes nothing, and is on record', async () => {
    const { ask, control, audits } = await installed()
    for (const sink of ['nobody', 'ingest'])
      await expect(ask('pause', { sink })).rejects.toThrow(/Available: papertrail, segment/)
    await expect(ask('pause', {})).rejects.toBeInstanceOf(WrongUse)
    expect(await control('state/nobody')).toBeUndefined()
    expect((await audits()).map(({ outcome }) => outcome.slice(0, 25))).toEqual([
      'Unknown service "nobody".',
      'Unknown service "ingest".',
      expect.stringMatching(/^sink: /),
    ])
  })
})

describe('perform', { concurrent: true }, () => {
  test('a viewer - may look, also with verbs that can change; changes nothing, and the attempt is on record', async () => {
    const { ask, control, audits } = await installed()
    await ask('status', {}, 'viewer')
    const shown = await ask<SettingsShown>('settings', { service: 'segment' }, 'viewer')
    expect(shown.settings.find(({ name }) => name === 'SEGMENT_LOG_LEVEL')).toMatchObject({ now: '1', from: 'environment' })
    expect(await audits()).toEqual([])
    await expect(ask('pause', { sink: 'segment' }, 'viewer')).rejects.toBeInstanceOf(NotAllowed)
    await expect(ask('settings', { service: 'segment', set: 'LOG_LEVEL=2' }, 'viewer')).rejects.toBeInstanceOf(NotAllowed)
    expect([await control('state/segment'), await control('settings/segment')]).toEqual([undefined, undefined])
    expect((await audits()).map(({ role, operation }) => [role, operation])).toEqual([
      ['viewer', 'pause'],
      ['viewer', 'settings'],
    ])
  })

  test('an operation that there is not - is wrong use', async () => {
    const { ask } = await installed()
    await expect(ask('explode', {})).rejects.toBeInstanceOf(WrongUse)
  })

  test('operations - each has a name of its own, a summary of one line, and examples that begin with it', () => {
    expect(new Set(operations.map(({ name }) => name)).size).toBe(operations.length)
    for (const { name, summary, examples = [] } of operations) {
      expect(summary).toMatch(/^\S[^\n]{5,120}$/)
      for (const example of examples) expect(example.startsWith(`auth0-logs ${name}`)).toBe(true)
    }
  })
})

describe('schedule', { concurrent: true }, () => {
  test('a cron expression - goes into the settings record, and the next five ticks are told', async () => {
    const { ask, control } = await installed()
    const change = await ask<ScheduleChange>('schedule', { service: 'segment', schedule: '*/5 * * * *' })
    expect(change).toMatchObject({ before: { schedule: 'continuous' }, after: { schedule: '*/5 * * * *' }, timeZone: 'UTC' })
    expect(change.next).toHaveLength(5)
    const record = await control('settings/segment')
    expect(record).toMatchObject({ values: { SEGMENT_SCHEDULE: '*/5 * * * *' }, by: 'test' })
    expect(schemaProblems('control-settings', record)).toEqual([])
  })

  test('no expression, or a service without schedule - is refused, nothing is written', async () => {
    const { ask, control } = await installed()
    await expect(ask('schedule', { service: 'segment', schedule: 'daily' })).rejects.toBeInstanceOf(WrongUse)
    await expect(ask('schedule', { service: 'papertrail', schedule: '* * * * *' })).rejects.toBeInstanceOf(Refusal)
    expect([await control('settings/segment'), await control('settings/papertrail')]).toEqual([undefined, undefined])
  })
})

describe('settings', { concurrent: true }, () => {
  test('set and unset - of live settings, by bare or full name; others stay as they were', async () => {
    const { ask, control } = await installed()
    const set = ['LOG_TYPES=s,ss,zz9', 'SEGMENT_LOG_FILTER_MODE=any']
    const change = await ask<SettingsChange>('settings', { service: 'segment', set })
    expect(change).toMatchObject({
      before: { SEGMENT_LOG_TYPES: '' },
      after: { SEGMENT_LOG_TYPES: 's,ss,zz9', SEGMENT_LOG_FILTER_MODE: 'any' },
    })
    expect(change.warnings.join()).toContain('zz9')
    await ask('settings', { service: 'segment', set: 'LOG_LEVEL=3', unset: 'LOG_TYPES' })
    expect(await control('settings/segment')).toMatchObject({
      values: { SEGMENT_LOG_FILTER_MODE: 'any', SEGMENT_LOG_LEVEL: '3' },
    })
    const shown = await ask<SettingsShown>('settings', { service: 'segment' })
    const now = Object.fromEntries(shown.settings.map((field) => [field.name, [field.now, field.from]]))
    expect(now).toMatchObject({
      SEGMENT_LOG_LEVEL: ['3', 'operator'],
      SEGMENT_LOG_TYPES: ['', 'default'],
      SEGMENT_KEY: ['***', 'environment'],
    })
  })

  test.each([
    ['LOG_LEVEL=9', WrongUse, /must be one level/],
    ['BATCH_SIZE=many', WrongUse, /whole number/],
    ['LOG_FILTER_MODE=none', WrongUse, /must be one of all, any/],
    ['NONSENSE=1', WrongUse, /is not a setting of segment/],
    ['IN_FLIGHT=2', Refusal, /in its environment and restart/],
  ])('%s - is refused, and nothing is written, not even what is right beside it', async (wrong, kind, words) => {
    const { ask, control } = await installed()
    const asked = ask('settings', { service: 'segment', set: ['LOG_TYPES=s', wrong] })
    await expect(asked).rejects.toBeInstanceOf(kind)
    await expect(asked).rejects.toThrow(words)
    expect(await control('settings/segment')).toBeUndefined()
  })

  test('a secret - is refused and never gets into Kafka, not even into the audit record', async () => {
    const { ask, audits } = await installed()
    await expect(ask('settings', { service: 'segment', set: ['SEGMENT_KEY=hush-hush'] })).rejects.toThrow(/is a secret/)
    const [audit] = await audits()
    expect(audit.outcome).toMatch(/is a secret/)
    expect(JSON.stringify(audit)).not.toContain('hush-hush')
  })
})

describe('input', { concurrent: true }, () => {
  test('too large, or nested too deep - is refused, and not on record as a whole', async () => {
    const { ask, audits } = await installed()
    const deep = JSON.parse(`${'['.repeat(50_000)}${']'.repeat(50_000)}`) as unknown
    for (const sink of ['x'.repeat(240_000), deep, Array.from({ length: 20_000 }, () => 'x')])
      await expect(ask('pause', { sink })).rejects.toBeInstanceOf(WrongUse)
    const told = await audits()
    expect(told).toHaveLength(3)
    for (const audit of told) {
      expect(JSON.stringify(audit).length).toBeLessThan(2_000)
      expect(schemaProblems('audit', audit)).toEqual([])
    }
  })

  test.each([[{ toString: 1 }], [[[]]], [[{ a: 1 }]], [{}]])('%j - is wrong use, not a failure', async (odd) => {
    const { ask } = await installed()
    await expect(ask('pause', { sink: odd })).rejects.toThrow(/sink/)
    await expect(ask('runs', { limit: odd })).rejects.toBeInstanceOf(WrongUse)
    await expect(ask('pause', JSON.parse('{"__proto__":"segment"}') as Record<string, unknown>)).rejects.toBeInstanceOf(WrongUse)
  })
})

describe('START_FROM', { concurrent: true }, () => {
  test('of a sink - sets it back each time it is asked, from console and CLI', async () => {
    const { prefix, ask, control } = await installed()
    const begin = Date.now() - 60_000
    const messages = [0, 1, 2, 3].map((n) => ({ partition: 0, key: `k${n}`, value: '{}', timestamp: String(begin + n * 1_000) }))
    await broker.producer.send({ topic: prefix, messages })
    await (await broker.commit(`${prefix}.segment`, prefix, '4', '')).leave()
    const from = new Date(begin + 2_000).toISOString()
    for (let times = 0; times < 2; times++) {
      const change = await ask<SettingsChange>('settings', { service: 'segment', set: [`START_FROM=${from}`] })
      expect(change.message).toMatch(/segment is set to .*; 2 events from there on/)
    }
    expect(await control('settings/segment')).toMatchObject({ values: {} })
    const committed = await broker.admin((it) => it.fetchOffsets({ groupId: `${prefix}.segment`, topics: [prefix] }))
    expect(committed[0].partitions.find(({ partition }) => partition === 0)?.offset).toBe('2')
    await expect(ask('settings', { service: 'segment', set: ['START_FROM=soon'] })).rejects.toThrow(
      /must be a log_id or an ISO time/,
    )
  })
})

describe('START_FROM that is older than the topic', { concurrent: true }, () => {
  async function stored() {
    const place = await installed()
    const { prefix } = place
    const oldest = Date.now() - 60_000
    await broker.producer.send({ topic: prefix, messages: [{ partition: 0, key: 'k', value: '{}', timestamp: String(oldest) }] })
    const set = (service: string, from: string) => place.ask<SettingsChange>('settings', { service, set: [`START_FROM=${from}`] })
    const jobs = async () =>
      [...(await readControl(place.context.client, 'test'))].flatMap(([key, job]) =>
        key.startsWith('job/backfill/') ? [job] : [],
      )
    return { ...place, oldest, set, jobs }
  }

  test('a time - the backfill is asked for what is missing, once for all sinks; again where that came to nothing', async () => {
    const { prefix, context, oldest, set, jobs } = await stored()
    const { client, producer } = context
    await announce(client, producer, [serviceRecord(prefix, 'backfill', { kind: 'backfill', group: '' })])
    const from = new Date(oldest - 86_400_000).toISOString()
    const change = await set('segment', from)
    const wanted = { kind: 'backfill', state: 'wanted', from, to: new Date(oldest).toISOString(), by: 'test' }
    expect(await jobs()).toEqual([expect.objectContaining(wanted)])
    const [job] = (await jobs()) as { id: string }[]
    expect(change.message).toContain(`segment is set to ${from}`)
    expect(change.message).toContain(`backfill job ${job.id} fetches that`)
    const publish = (state: string) => publishControl(client, producer, `job/backfill/${job.id}`, { ...job, state })
    await publish('done')
    const later = new Date(oldest - 3_600_000).toISOString()
    expect((await set('papertrail', later)).message).toContain(`backfill job ${job.id} fetches that already`)
    expect(await jobs()).toHaveLength(1)
    await publish('failed')
    await set('segment', from)
    expect(await jobs()).toEqual([expect.objectContaining(wanted)])
  })

  test('a log_id - without a backfill it is said what to set', async () => {
    const { oldest, set, jobs } = await stored()
    const { warnings } = await set('segment', logIdAt(oldest - 86_400_000))
    expect(warnings).toEqual([expect.stringMatching(/is older than the topic.*: set BACKFILL/)])
    expect(await jobs()).toEqual([])
  })

  test('no older than the oldest record - nothing is asked', async () => {
    const { prefix, context, oldest, set, jobs } = await stored()
    await announce(context.client, context.producer, [serviceRecord(prefix, 'backfill', { kind: 'backfill', group: '' })])
    expect((await set('segment', new Date(oldest).toISOString())).warnings).toEqual([])
    expect(await jobs()).toEqual([])
  })
})

describe('replay', { concurrent: true }, () => {
  test('a preview - never counts more passed than there is, also where the commit lies past the end', async () => {
    const { prefix, ask } = await installed()
    await broker.producer.send({ topic: prefix, messages: [0, 1, 2].map((n) => ({ partition: 0, key: `k${n}`, value: '{}' })) })
    await (await broker.commit(`${prefix}.segment`, prefix, '50', '')).leave()
    const preview = await ask<Preview>('replay', { sink: 'segment', from: 'earliest' })
    expect(preview).toMatchObject({ events: 3, repeated: 3, skipped: 0 })
    expect(preview.partitions[0]).toEqual({ partition: 0, from: 3, to: 0, events: 3 })
  })
})

describe('one validator', { concurrent: true }, () => {
  test.each([
    ['BATCH_SIZE=0', /must be a whole number of 1 or more/],
    [`BATCH_SIZE=${'9'.repeat(30)}`, /must be a whole number of 1 or more/],
    ['SCHEDULE_TZ=Mars/Phobos', /must be a time zone such as Europe\/Berlin or UTC, not "Mars\/Phobos"/],
  ])('%s - is refused as the service would refuse it, and nothing is written', async (wrong, words) => {
    const { ask, control } = await installed()
    await ask('settings', { service: 'segment', set: ['LOG_LEVEL=3'] })
    await expect(ask('settings', { service: 'segment', set: [wrong] })).rejects.toThrow(words)
    expect(await control('settings/segment')).toMatchObject({ values: { SEGMENT_LOG_LEVEL: '3' } })
  })

  test('a value that an older version let pass - is named with its cure; taking it back works', async () => {
    const { context, ask } = await installed()
    const bad = { values: { SEGMENT_BATCH_SIZE: '0' }, by: 'ada', at: '2026-03-04T05:06:07Z' }
    await publishControl(context.client, context.producer, 'settings/segment', bad)
    await expect(ask('settings', { service: 'segment', set: ['LOG_LEVEL=3'] })).rejects.toThrow(/--unset SEGMENT_BATCH_SIZE/)
    await ask('settings', { service: 'segment', set: ['LOG_LEVEL=3'], unset: ['BATCH_SIZE'] })
  })

  test('schedule alone - shows it, for every role, and writes nothing', async () => {
    const { ask, control, audits } = await installed()
    const shown = await ask<ScheduleChange>('schedule', { service: 'segment' }, 'viewer')
    expect(shown).toMatchObject({ before: { schedule: 'continuous' }, after: { schedule: 'continuous' }, next: [] })
    expect([await control('settings/segment'), await audits()]).toEqual([undefined, []])
  })
})

test("assignments - a value's own commas stay its own", () => {
  expect(assignments(['A=1', 'B=s', 'ss', 'f', 'C='])).toEqual([
    ['A', '1'],
    ['B', 's,ss,f'],
    ['C', ''],
  ])
  expect(() => assignments(['s', 'A=1'])).toThrow(WrongUse)
})

// What `explain` says of 1,000 logs with random fates, held against what the vendor really has.
import { describe, expect } from 'vitest'
import { accountOf } from '../../services/operations/account.ts'
import { type Explained, explain } from '../../services/operations/explain.ts'
import { type Fate, fateOf } from '../../services/operations/fate.ts'
import { perform } from '../../services/operations/index.ts'
import { erasOf, readResets } from '../../services/operations/resets-told.ts'
import { readControl } from '../../services/topics/control.ts'
import { readDeadLetters, type StoredLetter } from '../../services/topics/dead-letters.ts'
import { committedOffsets, logRanges } from '../../services/topics/groups.ts'
import { jobsOf } from '../../services/topics/jobs.ts'
import { readRanges, type TopicRecord } from '../../services/topics/read.ts'
import type { Installation } from '../support/installation.ts'
import { type SeededRandom, seededRandom } from '../support/random.ts'
import type { TestRecord } from '../support/test-events.ts'
import { until } from '../support/wait.ts'
import { operator, timedEvents } from './asking.ts'
import { sceneTest, testBroker } from './scene.ts'

const test = sceneTest()
type Context = ReturnType<typeof operator>['context']

/** One to three copies of each log: from a webhook, a poll, or sent for again by an operator; some of a type that is filtered. */
function records(count: number, begin: number, random: SeededRandom): { ids: string[]; records: TestRecord[] } {
  const events = timedEvents(count, begin, 10)
  const all = events.flatMap(({ record }) => {
    const type = random.chance(0.1) ? 'f' : 's'
    const sources = ['webhook', ...(random.chance(0.2) ? ['webhook'] : []), ...(random.chance(0.2) ? ['job'] : [])]
    return sources.map((source) => ({ ...record, headers: { source, type } }))
  })
  return { ids: events.map(({ id }) => id), records: all }
}

/** All that Kafka holds of a sink, read once; answers what became of every copy of a log. */
async function story({ client, ...context }: Context, { topic, group }: Installation) {
  const copies = new Map<string, TopicRecord[]>()
  const letters = new Map<string, StoredLetter[]>()
  const add = <T>(to: Map<string, T[]>, id: string, one: T) => void (to.get(id)?.push(one) ?? to.set(id, [one]))
  const [ranges, committed] = [await logRanges(client, topic), await committedOffsets(client, group, topic)]
  const whole = ranges.map(({ partition, start, end }) => ({ partition, from: start, to: end }))
  await readRanges(client, 'story', topic, whole, (record) => add(copies, record.key ?? '', record))
  const [{ end }] = await logRanges(client, `${topic}.dead-letter.segment`)
  await readDeadLetters(client, 'segment', { from: 0, to: end }, (letter) => add(letters, letter.logId, letter))
  const jobs = jobsOf(await readControl(client, 'story'), 'segment')
  const resets = await readResets({ client, ...context }, 'segment', 1)
  return (id: string): Fate[] => {
    const own = copies.get(id)!
    const [{ partition }] = own
    const { base, next } = accountOf(
      ranges.find((range) => range.partition === partition)!,
      committed.find((one) => one.partition === partition),
    )
    const facts = {
      topic,
      letterTopic: `${topic}.dead-letter.segment`,
      copies: own.map(({ offset, timestamp, headers }) => ({
        partition,
        offset,
        receivedAt: timestamp,
        asked: headers.source === 'job',
      })),
      eras: erasOf(resets, partition, { base, next }),
      letters: (letters.get(id) ?? []).map(({ offset, logId, told }) => {
        const { topic: from, partition: of, offset: at, stage, reason, error } = told
        return { offset, logId, topic: from, partition: of, from: at, stage, reason, error }
      }),
      jobs,
    }
    return own.map((copy, index) => fateOf({ ...facts, index, rule: copy.headers.type === 'f' ? 'type' : undefined }))
  }
}

describe('explain', { timeout: 120_000 }, () => {
  test('1,000 random fates - delivered is what the vendor holds, dead-lettered and filtered what it does not', async ({
    place,
    vendor,
    arrived,
  }) => {
    const random = seededRandom(42)
    const { context, close } = operator(testBroker().brokers, place.prefix)
    const ask = <R>(name: string, input: object) =>
      perform(context, 'operator', name, input as Record<string, unknown>) as Promise<R>
    const jobDone = ({ job }: { job: string }) =>
      until(
        'the job to end',
        () => ask<{ state: string }>('jobs show', { id: job }),
        ({ state }) => state === 'done',
        { limitMs: 40_000, everyMs: 200 },
      )
    const poison = new Set<string>()
    vendor.misbehave({ fault: 'reject', marker: ({ id }) => poison.has(id) })
    await place.start({ SEGMENT_LOG_TYPES: 's' })
    const all: string[] = []
    const round = async (count: number, bad: number) => {
      const made = records(count, Date.now() - 60_000, random)
      for (let n = 0; n < bad; n++) poison.add(random.pick(made.ids))
      all.push(...made.ids)
      await place.produce(made.records)
      expect(await place.settled()).toMatchObject({ problems: [] })
    }
    // Redriven and delivered, redriven and failed again, never redriven.
    await round(400, 14)
    const [cured, ...sick] = [...poison]
    poison.clear()
    for (const id of sick.slice(0, 4)) poison.add(id)
    await jobDone(await ask('dead-letters redrive', { sink: 'segment', apply: true, rate: 0 }))
    // A range beside live delivery, then all of it from a place on.
    await round(300, 8)
    await jobDone(await ask('replay', { sink: 'segment', from: 'offset:5', to: 'offset:40', rate: 0, apply: true }))
    poison.clear()
    await ask('replay', { sink: 'segment', from: 'offset:60', apply: true })
    await place.settled()
    await round(300, 8)

    const told = await story(context, place)
    const held = new Set(arrived())
    const seen: Record<string, number> = {}
    for (const id of all) {
      const fates = told(id)
      for (const { outcome } of fates) seen[outcome] = (seen[outcome] ?? 0) + 1
      const says = fates.some(({ outcome }) => outcome === 'delivered')
      expect([id, says, JSON.stringify(fates)]).toEqual([id, held.has(id), JSON.stringify(fates)])
      if (!held.has(id)) expect(fates.map(({ outcome }) => outcome)).not.toContain('waiting')
    }
    expect(all).toHaveLength(1_000)
    for (const outcome of ['delivered', 'filtered', 'duplicate', 'dead_lettered']) expect(seen[outcome]).toBeGreaterThan(3)

    // The verb itself gathers the same facts.
    for (const id of [cured, ...sick.slice(0, 5), ...all.slice(-3)]) {
      const { sinks } = await ask<Explained>('explain', { log_id: id })
      expect(sinks.map(({ outcome }) => outcome)).toEqual(told(id).map(({ outcome }) => outcome))
    }
    expect((await ask<Explained>(explain.name, { log_id: cured })).sinks[0].outcome).toBe('delivered')
    await close()
  })
})

// What came of a copy at a sink: stretches, filters of then, repeats, dead letters, jobs.
import { describe, expect, it } from 'vitest'
import { createFilter } from '../../../services/events/filter.ts'
import { type DayCopy, endOf, type SinkPast } from '../../../services/operations/prove/at-sink.ts'
import { type FilterTime, filterTimes, ruleBetween, statesAt } from '../../../services/operations/prove/filter-times.ts'
import { passedBy, stretchesOf } from '../../../services/operations/prove/sink-way.ts'
import { newJob } from '../../../services/topics/jobs.ts'
import { serviceRecord } from '../announced.ts'

const MINUTE_MS = 60_000
const NOON = Date.parse('2026-11-27T12:00:00Z')
const ever = Number.NEGATIVE_INFINITY
const settings = (types = '') => ({ LOG_LEVEL: '', LOG_TYPES: types, LOG_FILTER_MODE: 'all' })
const from = (at: number, types = ''): FilterTime => ({
  from: at,
  settings: settings(types),
  filter: types === '' ? undefined : createFilter({ types: types.split(',') }),
})

function sink(more: Partial<SinkPast> & { base?: number; next?: number } = {}): SinkPast {
  const { base = 0, next = 100, ...rest } = more
  const asOf = NOON + 60 * MINUTE_MS
  return {
    topic: 'auth0.logs',
    letterTopic: 'auth0.logs.dead-letter.segment',
    asOf,
    ways: new Map([[0, stretchesOf({ base, next }, [], [], asOf)]]),
    letters: new Map(),
    jobs: [],
    filters: [from(ever)],
    cuts: [],
    ...rest,
  }
}
const copy = (more: Partial<DayCopy> = {}): DayCopy => ({
  id: '900a',
  type: 's',
  partition: 0,
  offset: 10,
  receivedAt: NOON,
  asked: false,
  ...more,
})
const outcome = (past: SinkPast, one = copy(), remembered?: Parameters<typeof endOf>[2]) => {
  const { outcome, detail } = endOf(past, one, remembered)
  return detail === '' ? outcome : `${outcome} ${detail}`
}

describe('a copy', () => {
  it('passed, waiting, before the base - by the commit', () => {
    expect(outcome(sink())).toBe('delivered')
    expect(outcome(sink({ next: 10 }))).toBe('waiting')
    expect(outcome(sink({ base: 11 }))).toBe('unknown')
    expect(outcome(sink(), copy({ partition: 1 }))).toBe('waiting') // nothing of that partition was ever committed
  })

  it('filtered - by the rule of the time it was passed, not of today', () => {
    const filters = [from(ever), from(NOON, 'f')]
    const marks = [{ at: NOON - 30 * MINUTE_MS, next: 50 }]
    const way = (next: number) => new Map([[0, stretchesOf({ base: 0, next }, [], marks, NOON + 60 * MINUTE_MS)]])
    const early = copy({ receivedAt: NOON - 40 * MINUTE_MS })
    expect(outcome(sink({ filters, ways: way(100) }), early)).toBe('delivered')
    expect(outcome(sink({ filters, ways: way(100) }), copy({ offset: 60, receivedAt: NOON + 5 * MINUTE_MS }))).toBe(
      'filtered type',
    )
    // Received shortly before noon, passed until some time after it: which of both filters met it nobody knows.
    expect(outcome(sink({ filters, ways: way(100) }), copy({ offset: 60, receivedAt: NOON - 1_000 }))).toBe(
      'delivered_or_filtered',
    )
    // What both let through needs no time.
    expect(outcome(sink({ filters, ways: way(100) }), copy({ offset: 60, receivedAt: NOON - 1_000, type: 'f' }))).toBe(
      'delivered',
    )
  })

  it('passed around a change of the filter - is known where the sink told at which offset it took hold', () => {
    const filters = [from(ever), from(NOON, 'f')]
    const partitions = new Map([[0, { next: 40, position: 45 }]])
    const past = sink({ filters, cuts: [{ at: NOON + 500, told: 7, settings: settings('f'), partitions }] })
    expect(outcome(past, copy({ offset: 39 }))).toBe('delivered')
    expect(outcome(past, copy({ offset: 42 }))).toBe('delivered_or_filtered')
    expect(outcome(past, copy({ offset: 45 }))).toBe('filtered type')
  })

  it('a repeat within ten minutes - is a duplicate, unless an operator sent for it', () => {
    const remembered = { partition: 0, offset: 5, receivedAt: NOON - MINUTE_MS }
    expect(outcome(sink(), copy(), remembered)).toBe('duplicate')
    expect(outcome(sink(), copy({ asked: true }), remembered)).toBe('delivered')
    expect(outcome(sink(), copy(), { ...remembered, receivedAt: NOON - 11 * MINUTE_MS })).toBe('delivered')
    expect(outcome(sink({ base: 6 }), copy(), remembered)).toBe('delivered') // the first one is before the base
  })

  it('a dead letter - counts with its reason, and as redriven once a redrive has passed it', () => {
    const letter = {
      offset: 3,
      topic: 'auth0.logs',
      partition: '0',
      from: '10',
      stage: 'deliver',
      reason: 'http_400',
      error: 'no',
      logId: '900a',
    }
    const letters = new Map([['900a', [letter]]])
    expect(outcome(sink({ letters }))).toBe('dead_lettered http_400')
    expect(outcome(sink({ letters }), copy({ offset: 11 }))).toBe('delivered')
    const redrive = newJob({
      id: 'r',
      service: 'segment',
      kind: 'redrive',
      from: '',
      by: 'ada',
      ranges: [{ partition: 0, from: 0, to: 9 }],
    })
    expect(outcome(sink({ letters, jobs: [redrive] }))).toBe('redriven')
    const notYet = { ...redrive, ranges: [{ partition: 0, from: 0, to: 9, reached: 2 }] }
    expect(outcome(sink({ letters, jobs: [notYet] }))).toBe('dead_lettered http_400')
  })

  it('before the base - is delivered where a replay job passed it', () => {
    const replay = newJob({
      id: 'r',
      service: 'segment',
      kind: 'replay',
      from: '',
      by: 'ada',
      at: new Date(NOON).toISOString(),
      ranges: [{ partition: 0, from: 5, to: 20, reached: 15 }],
    })
    expect(outcome(sink({ base: 50, jobs: [replay] }))).toBe('delivered')
    expect(outcome(sink({ base: 50, jobs: [replay] }), copy({ offset: 17 }))).toBe('unknown')
  })
})

describe('the way of a group', () => {
  const at = (minute: number) => NOON + minute * MINUTE_MS

  it('a replay in the evening - leaves the morning known by the account that ended there', () => {
    const ended = { at: at(5), told: 3, by: 'ada', base: 10, next: 70 }
    const ways = stretchesOf({ base: 50, next: 100 }, [ended], [], at(60))
    expect(ways.map(({ base, next }) => [base, next])).toEqual([
      [10, 70],
      [50, 100],
    ])
    const past = sink({ ways: new Map([[0, ways]]) })
    expect(outcome(past, copy({ offset: 9 }))).toBe('unknown')
    expect(outcome(past, copy({ offset: 30 }))).toBe('delivered')
    expect(outcome(past, copy({ offset: 60 }))).toBe('delivered')
  })

  it('offsets that a tool has set - leave nothing known of before', () => {
    const past = sink({ ways: new Map([[0, stretchesOf({ base: 60, next: 100 }, [], [], at(60))]]) })
    expect(outcome(past, copy({ offset: 59 }))).toBe('unknown')
  })

  it('passed by - the first report from beyond the offset, or when the commit was read', () => {
    const marks = [
      { at: at(1), next: 10 },
      { at: at(2), next: 30 },
      { at: at(3), next: 20 }, // late, of another member
      { at: at(4), next: 40 },
    ]
    const [way] = stretchesOf({ base: 0, next: 100 }, [], marks, at(60))
    expect([0, 9, 10, 29, 30, 39, 40, 99].map((offset) => (passedBy(way, offset) - NOON) / MINUTE_MS)).toEqual([
      1, 1, 2, 2, 4, 4, 60, 60,
    ])
  })
})

describe('the filter over time', () => {
  const record = serviceRecord('p', 'segment', {
    fields: serviceRecord('p', 'segment').fields.map((field) => ({ ...field, value: '' })),
  })
  const change = (at: number, kind: 'service' | 'settings', value: unknown) => ({ at, kind, value })
  const settingsRecord = (types: string) => ({ v: 1, by: 'ada', at: '', values: { SEGMENT_LOG_TYPES: types } })

  it('what operators set, one after the other - each from its time on; the same twice is one', () => {
    const times = filterTimes(
      'segment',
      [
        change(1, 'service', record),
        change(2, 'settings', settingsRecord('s')),
        change(3, 'service', record),
        change(4, 'settings', settingsRecord('s,f')),
        change(5, 'settings', undefined),
      ],
      true,
    )
    expect(times.map(({ from, settings }) => [from, settings.LOG_TYPES])).toEqual([
      [ever, ''],
      [2, 's'],
      [4, 's,f'],
      [5, ''],
    ])
  })

  it('before the first record of a topic that was compacted - nothing is known', () => {
    const [first] = filterTimes('segment', [change(NOON, 'service', record)], false)
    expect(first.from).toBe(NOON)
    expect(ruleBetween([first], 's', NOON - 5 * MINUTE_MS, NOON + 5 * MINUTE_MS)).toBeUndefined()
    expect(ruleBetween([first], 's', NOON + 5 * MINUTE_MS, NOON + 6 * MINUTE_MS)).toBe('passes')
    expect(ruleBetween([], 's', NOON, NOON)).toBeUndefined()
  })

  it('changed to and fro within a minute - a cut that fits two changes decides nothing', () => {
    const times = [from(ever), from(NOON, 'f'), from(NOON + 1_000), from(NOON + 2_000, 'f')]
    const partitions = new Map([[0, { next: 40, position: 40 }]])
    const cut = { at: NOON + 2_100, told: 7, settings: settings('f'), partitions }
    const place = { partition: 0, offset: 50, after: 1, before: 9 }
    expect(statesAt(times, [cut], place)).toEqual({ first: 0, last: 3 })
    expect(statesAt(times.slice(0, 2), [cut], place)).toEqual({ first: 1, last: 1 })
    expect(statesAt(times.slice(0, 2), [cut], { ...place, partition: 1 })).toEqual({ first: 0, last: 1 })
    // A stretch that began after the change, or ended before it, met one of both only.
    expect(statesAt(times.slice(0, 2), [cut], { ...place, offset: 3, after: 8 })).toEqual({ first: 1, last: 1 })
    expect(statesAt(times.slice(0, 2), [cut], { ...place, before: 6 })).toEqual({ first: 0, last: 0 })
  })
})

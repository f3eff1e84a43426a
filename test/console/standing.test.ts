// How the overview says that it stands, and in which order it tells what needs a person.
import { describe, expect, it } from 'vitest'
import type { StatusTold } from '../../services/console/status-routes.ts'
import { commandOf } from '../../services/operations/advice.ts'

type Service = StatusTold['services'][number]
type Need = { kind: string; key: string; service?: Service }
/** A file of the page: plain JavaScript, which is checked by its browser tests. */
const page = new URL('../../services/console/page/overview/standing.js', import.meta.url).href
const { needsOf, refusalWords, sentenceOf } = (await import(page)) as {
  sentenceOf: (sinks: readonly Service[]) => { tone: string; text: string }
  needsOf: (status: StatusTold, now: number) => Need[]
  refusalWords: (reason: string) => string
}

const NOW = Date.parse('2026-11-28T10:00:00.000Z')
const iso = (minutesAgo: number) => new Date(NOW - minutesAgo * 60_000).toISOString()

const balanced = { balances: true, dead_lettered: 0, expired: 0 }
const sink = (name: string, more: object = {}) =>
  ({
    name,
    kind: 'sink',
    state: 'running',
    members: [{}],
    trouble: null,
    openReset: '',
    account: balanced,
    intake: null,
    ...more,
  }) as Service
const held = { trouble: { status: 'held', error: 'http_401: no' } }
const sentence = (...sinks: Service[]) => {
  const { tone, text } = sentenceOf(sinks)
  return `${tone}: ${text}`
}

describe('overview', () => {
  it.each([
    ['warn: No sink has announced itself yet', []],
    ['good: All 3 sinks deliver', [sink('a'), sink('b'), sink('c')]],
    ['good: a delivers', [sink('a')]],
    ['bad: 2 of 3 sinks have a problem', [sink('a', held), sink('b', { members: [] }), sink('c')]],
    [
      'bad: 1 of 3 sinks has a problem',
      [sink('a', { account: { ...balanced, balances: false } }), sink('b'), sink('c', { state: 'paused' })],
    ],
    ['bad: a (sandbox) has a problem', [sink('a.sandbox', held)]],
    ['bad: All 2 sinks have a problem', [sink('a', held), sink('b', held)]],
    ['warn: 1 of 3 sinks is paused; the others deliver', [sink('a', { state: 'paused' }), sink('b'), sink('c')]],
    ['warn: 1 of 2 sinks is stopped; the other one delivers', [sink('a', { state: 'stopped', members: [] }), sink('b')]],
    ['warn: All 2 sinks are paused or stopped', [sink('a', { state: 'paused' }), sink('b', { state: 'stopped', members: [] })]],
  ])('sentence - %s', (expected, sinks) => {
    expect(sentence(...sinks)).toBe(expected)
  })

  it('needs - the gravest first; what is long past, and what a trouble tells already, is left out', () => {
    const refused = [
      { reason: 'unauthorized', bodies: 3, lastAt: iso(2) },
      { reason: 'too_large', bodies: 1, lastAt: iso(30) },
    ]
    const services = [
      sink('ingest', { kind: 'ingest', account: null, intake: { refused } }),
      sink('a', { deadLetters: { waiting: 4 }, account: { ...balanced, expired: 2 } }),
      sink('b', { ...held, deadLetters: { waiting: 9 } }),
      sink('c', { members: [] }),
      sink('d', { trouble: { status: 'failed' }, openReset: 'a reset of d is open' }),
    ]
    const status = { services, notUnderstood: [{ topic: 'auth0.logs.control' }], topic: { newest: iso(90) } }
    const needs = needsOf(status as unknown as StatusTold, NOW)
    expect(needs.map(({ kind, service }) => [kind, service?.name])).toEqual([
      ['trouble', 'b'],
      ['no member', 'c'],
      ['open reset', 'd'],
      ['trouble', 'd'],
      ['refused', 'ingest'],
      ['letters', 'a'],
      ['quiet', 'ingest'],
      ['expired', 'a'],
      ['left out', undefined],
    ])
    expect(new Set(needs.map(({ key }) => key)).size).toBe(needs.length)
  })

  it.each(['unauthorized', 'unavailable', 'too_large', 'nobody_knows', 'constructor'])(
    'refused for %s - is told in words',
    (reason) => {
      expect(refusalWords(reason)).toMatch(/^[A-Z].*\.$/)
    },
  )

  it.each([
    ['http_401: no', 'auth0-logs settings segment'],
    ['rejections: 20 in a row', 'auth0-logs dead-letters list segment'],
    ['dead_letter_refused: too large', 'auth0-logs validate'],
    ['http_503: away', ''],
  ])('what to type for %s', (error, command) => {
    expect(commandOf('segment', error)).toBe(command)
  })
})

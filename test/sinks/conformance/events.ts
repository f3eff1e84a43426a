// What becomes of events: delivered once, put aside, counted as repeats, filtered, redacted.
import { expect } from 'vitest'
import type { StandIn } from '../../../services/sandbox/stand-in.ts'
import type { Report } from '../../support/installation.ts'
import { schemaProblems } from '../../support/schemas.ts'
import { makeEvents, recordOf } from '../../support/test-events.ts'
import { until } from '../../support/wait.ts'
import type { Suite } from '../conformance.ts'
import { arrivals, idsOf } from './arrivals.ts'

export function testEvents<S extends StandIn>({ subject, test, own }: Suite<S>): void {
  const large = (data: Record<string, unknown>) => Object.assign(data, { padding: 'x'.repeat(subject.tooLargeBytes) })

  test('good day - every event arrives once, what is none is put aside, repeats are counted, a restart repeats nothing', async ({
    vendor,
    place,
  }) => {
    const first = await place.start()
    const { letters, reports } = await place.follow()
    const events = makeEvents(300)
    const [tooLarge] = makeEvents(1, large)
    const strangers = [
      { key: null, value: Buffer.from('a foreign record'), partition: 0 },
      { key: 'null', value: null, partition: 1 },
      { key: 'list', value: Buffer.from('[1]'), partition: 2 },
      { key: 'broken', value: Buffer.from('{"log_id":'), headers: { source: 'webhook', type: 's' }, partition: 0 },
    ]
    const half = events.slice(0, 150).map((event) => recordOf(event))
    await place.produce([...half, ...strangers, recordOf(tooLarge, 1)])
    await place.produce([...events.slice(150), ...events.slice(0, 30)].map((event) => recordOf(event)))

    expect(await place.settled()).toMatchObject({ delivered: 300, duplicates: 30, dead_lettered: 5, problems: [] })
    const taken = arrivals(vendor)
    expect(idsOf(taken)).toEqual(idsOf(events))
    const data = new Map(events.map((event) => [event.id, event.data]))
    for (const one of taken) expect(subject.dataOf(one)).toEqual(data.get(one.id))
    expect([await first.metric('delivered_total'), await first.metric('duplicates_total')]).toEqual([300, 30])
    expect([await first.metric('dead_lettered_total'), await first.metric('lag_records')]).toEqual([5, 0])
    expect([await first.status('/livez'), await first.status('/readyz')]).toEqual([200, 200])

    await until(
      'five dead letters',
      () => letters.length,
      (length) => length >= 5,
    )
    for (const { headers } of letters) expect(schemaProblems('dead-letter-headers', headers)).toEqual([])
    expect(letters.map(({ headers }) => `${headers.stage} ${headers.reason}`).toSorted()).toEqual([
      'encode event_too_large',
      'encode not_an_event',
      'parse not_an_event',
      'parse not_an_event',
      'parse not_an_event',
    ])
    const letterOf = (key: string | null) => letters.find((letter) => letter.key === key)
    const from = (partition: string, log_id: string) => ({ topic: place.topic, partition, log_id, attempts: '0' })
    expect(letterOf(null)).toMatchObject({ value: strangers[0].value, headers: from('0', '') })
    expect(letterOf('null')).toMatchObject({ value: Buffer.alloc(0), headers: from('1', 'null') })
    expect(letterOf(tooLarge.id)).toMatchObject({ value: tooLarge.value, headers: from('1', tooLarge.id) })

    await first.close()
    const told = { delivered: 300, dead_lettered: 5, duplicates: 30, failed: 0 }
    await until(
      'all of it reported',
      () => sumOfReports(reports),
      (sums) => JSON.stringify(sums) === JSON.stringify(told),
    )
    for (const report of reports) expect(schemaProblems('report', report)).toEqual([])

    const later = makeEvents(50)
    await place.produce([...later, ...events.slice(290)].map((event) => recordOf(event)))
    await place.start()
    expect(await place.settled()).toMatchObject({ delivered: 350, duplicates: 40, dead_lettered: 5, problems: [] })
    expect(idsOf(arrivals(vendor))).toEqual(idsOf([...events, ...later]))
  })

  test('dates before 1970 and after 9999 - are no usable dates: the time of receipt, and every event is delivered', async ({
    vendor,
    place,
  }) => {
    const odd = ['0001-01-01T00:00:00.000Z', '1969-12-31T23:59:59.999Z', -1, '+012345-01-01T00:00:00.000Z', 9e15, 0.5e308]
    const began = Date.now()
    const events = makeEvents(120, (data, n) => n % 2 === 0 && Object.assign(data, { date: odd[(n / 2) % odd.length] }))
    await place.start()
    await place.produce(events.map((event) => recordOf(event)))
    expect(await place.settled()).toMatchObject({ delivered: 120, dead_lettered: 0, problems: [] })
    const taken = arrivals(vendor)
    expect(idsOf(taken)).toEqual(idsOf(events))
    const oddOnes = new Set(events.filter((_, n) => n % 2 === 0).map(({ id }) => id))
    for (const { id, time } of taken) if (oddOnes.has(id)) expect(time).toBeGreaterThan(began - 60_000)
  })

  test('filters and REDACT - the prefixed name wins, a sandbox has a group of its own, dead letters keep the original', async ({
    vendor,
    place,
  }) => {
    const types = ['s', 'f', 'fp', 'limit_wc', 'slo', 'of_a_year_to_come']
    const events = makeEvents(60, (data, n) => Object.assign(data, { type: types[n % 6], user_name: 'someone', details: { n } }))
    const [tooLarge] = makeEvents(1, (data) => large(Object.assign(data, { type: 's', user_name: 'someone' })))
    const other = await subject.open()
    try {
      const any = {
        LOG_LEVEL: '0',
        [own('LOG_LEVEL')]: '4',
        [own('LOG_TYPES')]: 's, slo',
        [own('LOG_FILTER_MODE')]: 'any',
        REDACT: 'user_name:mask,details:drop,ip:hash',
        REDACT_KEY: 'key',
      }
      const all = { ...subject.env(other), LOG_LEVEL: '3', LOG_TYPES: 's,f', SINK_SANDBOX: 'true' }
      await Promise.all([place.start(any), place.start(all)])
      const { letters } = await place.follow()
      await place.produce([...events, tooLarge].map((event) => recordOf(event)))
      expect(await Promise.all([place.settled(), place.settled(`${place.group}.sandbox`)])).toMatchObject([
        { delivered: 30, filtered: 30, dead_lettered: 1, problems: [] },
        { delivered: 10, filtered: 51, dead_lettered: 0, problems: [] },
      ])
      const ofTypes = (...wanted: string[]) => idsOf(events.filter(({ type }) => wanted.includes(type)))
      expect(idsOf(arrivals(vendor))).toEqual(ofTypes('s', 'slo', 'limit_wc'))
      expect(idsOf(arrivals(other))).toEqual(ofTypes('f'))
      for (const one of arrivals(vendor)) {
        const redacted = subject.dataOf(one) as Record<string, unknown>
        expect([redacted.user_name, 'details' in redacted, String(redacted.ip)]).toEqual([
          '***',
          false,
          expect.stringMatching(/^[0-9a-f]{64}$/),
        ])
      }
      for (const one of arrivals(other)) expect(subject.dataOf(one)).toMatchObject({ user_name: 'someone', details: {} })
      const [letter] = await until(
        'the dead letter',
        () => letters,
        ({ length }) => length > 0,
      )
      expect(letter.value).toEqual(tooLarge.value)
    } finally {
      await place.close()
      await other.close()
    }
  })
}

const sumOfReports = (reports: Report[]) => {
  const sum = (name: string) => reports.reduce((total, report) => total + Number(report[name]), 0)
  return {
    delivered: sum('delivered'),
    dead_lettered: sum('dead_lettered'),
    duplicates: sum('duplicates'),
    failed: reports.filter(({ status }) => status !== 'success' && status !== 'idle').length,
  }
}

// `dead-letters`: chosen one by one, page by page, as a file; told where a redrive cannot help, and shown without personal data.
import { describe, expect } from 'vitest'
import {
  deadLettersAcknowledge,
  deadLettersExport,
  deadLettersList,
  deadLettersRedrive,
  type Exported,
  type LetterRow,
  type ReasonRow,
} from '../../services/operations/dead-letters.ts'
import { type JobRow, jobsShow } from '../../services/operations/jobs.ts'
import { type Status, status } from '../../services/operations/status.ts'
import { readControl } from '../../services/topics/control.ts'
import { ensureTopics } from '../../services/topics/create.ts'
import { schemaProblems } from '../support/schemas.ts'
import { until } from '../support/wait.ts'
import { announce, serviceRecord } from './announced.ts'
import { type Operator, operator } from './asking.ts'
import { putLetters } from './put-letters.ts'
import { sceneTest, testBroker } from './scene.ts'

const test = sceneTest()
const sink = 'segment'
type Listed = { total: number; redriven: number; listed: number; reasons: ReasonRow[]; letters: LetterRow[] }
type Preview = { events: number; job: string; reasons: { reason: string; count: number; hopeless?: string }[] }

const list = (ask: Operator['do'], more = {}) => ask<Listed>(deadLettersList, { sink, ...more })
const offsets = ({ letters }: Listed) => letters.map(({ offset }) => offset)

/** The sink as the control topic knows it, and its topics: nobody delivers. */
async function withoutSink(prefix: string): Promise<void> {
  const { context, close } = operator(testBroker().brokers, prefix)
  await announce(context.client, context.producer, [serviceRecord(prefix, sink)])
  await ensureTopics(context.client, [{ deadLetters: sink }])
  await close()
}

describe('dead letters', { concurrent: true, timeout: 60_000 }, () => {
  test('offsets - only the chosen ones are redriven or acknowledged, and counted so everywhere', async ({
    ask,
    place,
    arrived,
  }) => {
    const { context, close } = operator(testBroker().brokers, place.prefix)
    await place.start()
    const ids = await putLetters(place.prefix, 20, 5)
    const preview = await ask<Preview>(deadLettersRedrive, { sink, offsets: ['17', '6', '12', '6'] })
    expect(preview).toMatchObject({ events: 3, reasons: [{ reason: 'http_400', count: 3, hopeless: '' }] })
    const { job } = await ask<Preview>(deadLettersRedrive, { sink, offsets: ['6', '12', '17'], apply: true, rate: 0 })
    const done = await until(
      'the redrive',
      () => ask<JobRow>(jobsShow, { id: job }),
      ({ state }) => state === 'done',
      { everyMs: 700, limitMs: 30_000 },
    )
    expect(done).toMatchObject({ delivered: 3, failed: 0, leftOut: 9, done: 12 })
    expect(arrived()).toEqual([ids[6], ids[12], ids[17]])
    await ask(deadLettersAcknowledge, { sink, offsets: ['0', '19'], apply: true })
    const all = await list(ask)
    expect(Object.fromEntries(all.letters.map(({ offset, state }) => [offset, state]))).toEqual(
      Object.fromEntries(
        ids.map((_, n) => [n, [6, 12, 17].includes(n) ? 'redriven' : [0, 19].includes(n) ? 'acknowledged' : 'waiting']),
      ),
    )
    const { services } = await ask<Status>(status, {})
    expect(services.find(({ name }) => name === sink)!.deadLetters).toEqual({ total: 20, waiting: 15 })
    expect(await ask<Preview>(deadLettersRedrive, { sink })).toMatchObject({ events: 15 })
    const records = await readControl(context.client, 'test')
    expect(schemaProblems('control-job', records.get(`job/${sink}/${job}`))).toEqual([])
    await close()
  })

  test('offsets - what is no offset, or more than a record holds, is refused by name', async ({ ask, place }) => {
    await withoutSink(place.prefix)
    await expect(list(ask, { offsets: ['1', '-2'] })).rejects.toThrow('offsets: must be whole numbers, not "-2"')
    const many = Array.from({ length: 1_001 }, (_, n) => String(n))
    await expect(list(ask, { offsets: many })).rejects.toThrow(/offsets: names more than 1000: choose by reason/)
  })

  test('pages - newest first, of all or of those that wait, without a gap; the reasons are those of all pages', async ({
    ask,
    place,
  }) => {
    await withoutSink(place.prefix)
    await putLetters(place.prefix, 25, 5)
    const page = (page: number, more = {}) => list(ask, { limit: 10, page, ...more })
    expect(offsets(await page(1))).toEqual([24, 23, 22, 21, 20, 19, 18, 17, 16, 15])
    const third = await page(3)
    expect([offsets(third), third.listed, third.total, third.reasons.map(({ count }) => count)]).toEqual([
      [4, 3, 2, 1, 0],
      25,
      25,
      [20, 5],
    ])
    expect(offsets(await page(4))).toEqual([])
    await ask(deadLettersAcknowledge, { sink, from: 'offset:10', to: 'offset:24', apply: true })
    const waiting = await page(1, { waiting: true })
    expect([offsets(waiting), waiting.listed, waiting.redriven]).toEqual([[9, 8, 7, 6, 5, 4, 3, 2, 1, 0], 10, 15])
    expect(offsets(await page(1, { waiting: true, reason: 'event_too_large' }))).toEqual([4, 3, 2, 1, 0])
  })

  test('a redrive that cannot succeed - is said by reason, in the list and before it is done', async ({ ask, place }) => {
    await withoutSink(place.prefix)
    await putLetters(place.prefix, 4, 3)
    const { reasons } = await list(ask)
    expect(reasons.map(({ reason, hopeless }) => [reason, hopeless])).toEqual([
      ['event_too_large', expect.stringMatching(/larger than the vendor takes/)],
      ['http_400', ''],
    ])
    const preview = await ask<Preview>(deadLettersRedrive, { sink })
    expect(preview.reasons[0]).toMatchObject({ reason: 'event_too_large', count: 3, hopeless: reasons[0].hopeless })
  })

  test('a row - has the type by name and the user masked; bytes that are no event have neither', async ({ ask, place }) => {
    await withoutSink(place.prefix)
    const row = { headers: {}, key: 'k' }
    const data = { type: 'fp', user_name: 'eve@example.com', user_id: 'auth0|7' }
    await place.produce(
      [
        { ...row, value: Buffer.from(JSON.stringify(data)) },
        { ...row, value: Buffer.from(JSON.stringify({ log_id: 'x', data: { type: 'zz', user_id: 'auth0|7' } })) },
        { ...row, value: Buffer.from('{"type":7,"user_name":[]}') },
        { ...row, value: Buffer.from('\u0000') },
      ],
      `${place.prefix}.dead-letter.${sink}`,
    )
    const { letters } = await list(ask)
    expect(letters.map(({ type, typeName, user }) => [type, typeName, user]).toReversed()).toEqual([
      ['fp', 'Failed Login (Incorrect Password)', 'e***'],
      ['zz', '', 'auth0|***'],
      ['', '', ''],
      ['', '', ''],
    ])
  })

  test('export - whole letters of the selection, the oldest first, and from where the rest goes on', async ({ ask, place }) => {
    await withoutSink(place.prefix)
    const ids = await putLetters(place.prefix, 12, 4)
    const part = (more: object) => ask<Exported>(deadLettersExport, { sink, ...more })
    const first = await part({ reason: 'http_400', limit: 5 })
    expect(first.letters.map(({ logId }) => logId)).toEqual(ids.slice(4, 9))
    expect(JSON.parse(first.letters[0].body)).toMatchObject({ log_id: ids[4], user_id: 'u|1' })
    const rest = await part({ reason: 'http_400', from: first.next })
    expect([rest.letters.map(({ logId }) => logId), rest.next]).toEqual([ids.slice(9), ''])
    expect((await part({ offsets: ['3', '7'] })).letters.map(({ offset }) => offset)).toEqual([3, 7])
    expect(deadLettersExport.role).toBe('operator')
  })
})

// What a stand-in remembers.
import { expect, test } from 'vitest'
import { createRecorder, type ReceivedEvent, type Recorder } from '../../services/sandbox/received.ts'

const event = (n: number): ReceivedEvent => ({ id: `id-${n}`, time: n, text: `text ${n}` })
const take = (recorder: Recorder, n: number, bytes = 1) =>
  recorder.take(
    bytes,
    () => `id-${n}`,
    () => event(n),
  )

test('recorder - keeps exact totals and the last 10,000 events, newest first', () => {
  const seen: string[] = []
  const recorder = createRecorder({ countIds: true, onEvent: ({ id }) => seen.push(id) })
  const { received } = recorder
  for (let n = 0; n < 10_005; n++) take(recorder, n % 10_003, 7)
  expect(received).toMatchObject({ total: 10_005, bytes: 70_035, unique: 10_003 })
  expect(received.last().length).toBe(10_000)
  expect(received.last(3).map(({ id }) => id)).toEqual(['id-1', 'id-0', 'id-10002'])
  expect(seen.length).toBe(10_005)
})

test('recorder - counts what was refused by its reason and keeps it apart', () => {
  const { received, refuse, reset } = createRecorder({})
  refuse(event(1), 'discarded', 'event_too_large')
  refuse(event(2), 'malformed')
  expect(received.counts).toEqual({ 'discarded.event_too_large': 1, malformed: 1 })
  expect(received.refused().map(({ id, why }) => [id, why])).toEqual([
    ['id-2', 'malformed'],
    ['id-1', 'event_too_large'],
  ])
  expect([received.total, received.last()]).toEqual([0, []])
  reset()
  expect([received.counts, received.refused()]).toEqual([{}, []])
})

test('recorder - keeps no events when fast, and reads none that nobody wants', () => {
  const fast = createRecorder({ fast: true })
  const unread = () => {
    throw new Error('read for nobody')
  }
  fast.take(1, unread, unread)
  expect([fast.received.total, fast.received.last()]).toEqual([1, []])
  const counting = createRecorder({ fast: true, countIds: true })
  counting.take(1, () => 'a', unread)
  expect(counting.received.unique).toBe(1)
})

// What makes the next delivery.
import { describe, expect, it } from 'vitest'
import { type Entry, Outbox, takeBatch } from '../../../services/sinks/runtime/outbox.ts'

/** Entries named by place, of these sizes and times. */
const entries = (...of: [bytes: number, at?: number][]) => of.map(([bytes, at = 0], item) => ({ item, bytes, at }) as Entry)
const ones = (count: number) => entries(...Array.from({ length: count }, (): [number] => [1]))
const names = (batch: Entry[]) => batch.map(({ item }) => item)
const wide = { events: 1_000, bytes: 1_000 }

describe('outbox', () => {
  const filled = (count: number, bytes: number) => {
    const outbox = new Outbox()
    for (let i = 0; i < count; i++) outbox.put({ item: i, bytes: bytes / count, at: 0 } as Entry, i)
    return outbox
  }

  it.each([
    [9, 99, false],
    [10, 0, true],
    [1, 100, true],
    [11, 101, true],
  ])('outbox - with %i events of %i bytes, limits 10 and 100, is full: %s', (events, bytes, full) => {
    expect(filled(events, bytes).isFull({ events: 10, bytes: 100 })).toBe(full)
  })

  it('outbox - what was put back goes out again first, in its order, and new ones after it', () => {
    const outbox = filled(4, 4)
    const limits = { events: 2, bytes: 100, bytesAnEvent: 100 }
    const first = outbox.next(limits, 0)!
    const halves = first.entries.map((entry) => ({ ...first, entries: [entry] }))
    outbox.putBack(...halves)
    const out: unknown[] = []
    for (let batch = outbox.next(limits, 0); batch; batch = outbox.next(limits, 0)) out.push(names(batch.entries))
    expect([out, outbox.isEmpty]).toEqual([[[0], [1], [2, 3]], true])
  })

  it('outbox - tells since when the oldest of the waiting has waited', () => {
    const outbox = filled(3, 3)
    expect(outbox.since).toBe(0)
    outbox.next({ events: 3, bytes: 100, bytesAnEvent: 100 }, 5)
    outbox.put({ item: 3, bytes: 1, at: 0 } as Entry, 7)
    outbox.put({ item: 4, bytes: 1, at: 0 } as Entry, 8)
    expect(outbox.since).toBe(7)
  })
})

describe('takeBatch', () => {
  it.each([
    { what: 'all that is there', waiting: ones(3), limits: wide, taken: [0, 1, 2], left: [] },
    { what: 'nothing of nothing', waiting: [], limits: wide, taken: [], left: [] },
    { what: 'up to the number of events', waiting: ones(5), limits: { events: 3, bytes: 9 }, taken: [0, 1, 2], left: [3, 4] },
    { what: 'exactly the bytes', waiting: entries([4], [6], [1]), limits: { events: 9, bytes: 10 }, taken: [0, 1], left: [2] },
    { what: 'not a byte more', waiting: entries([4], [7]), limits: { events: 9, bytes: 10 }, taken: [0], left: [1] },
    { what: 'one, be it too large', waiting: entries([11], [1]), limits: { events: 9, bytes: 10 }, taken: [0], left: [1] },
    {
      what: 'in order of receipt where the vendor does not ask for order',
      waiting: entries([1, 3], [1, 1], [1, 2]),
      limits: wide,
      taken: [0, 1, 2],
      left: [],
    },
    {
      what: 'in order of time where it does, equal times as received',
      waiting: entries([1, 3], [1, 1], [1, 3], [1, 1]),
      limits: { ...wide, ordered: true },
      taken: [1, 3, 0, 2],
      left: [],
    },
    {
      what: 'the oldest slice of the span, its end included; the rest waits in its order',
      waiting: entries([1, 50], [1, 10], [1, 20], [1, 21], [1, 60]),
      limits: { ...wide, spanMs: 10, ordered: true },
      taken: [1, 2],
      left: [0, 3, 4],
    },
    {
      what: 'the span of what fits, then those that did not fit',
      waiting: entries([1, 50], [1, 10], [1, 11], [1, 12]),
      limits: { events: 3, bytes: 9, spanMs: 10 },
      taken: [1, 2],
      left: [0, 3],
    },
  ])('takeBatch - takes $what', ({ waiting, limits, taken, left }) => {
    const batch = takeBatch(waiting, limits)
    expect([names(batch), names(waiting)]).toEqual([taken, left])
  })

  it('takeBatch - called again and again takes everything once, whatever the times', () => {
    const waiting = entries(...Array.from({ length: 500 }, (_, n): [number, number] => [1 + (n % 7), (n * 7_919) % 1_000]))
    const taken: unknown[] = []
    while (waiting.length > 0) {
      const batch = takeBatch(waiting, { events: 50, bytes: 100, spanMs: 100, ordered: true })
      const at = batch.map((entry) => entry.at)
      expect(batch.length).toBeGreaterThan(0)
      expect(at).toEqual(at.toSorted((a, b) => a - b))
      expect(at[at.length - 1] - at[0]).toBeLessThanOrEqual(100)
      taken.push(...names(batch))
    }
    expect(taken.toSorted((a, b) => Number(a) - Number(b))).toEqual(Array.from({ length: 500 }, (_, n) => n))
  })
})

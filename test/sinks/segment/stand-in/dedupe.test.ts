// How long Segment remembers a messageId.
import { expect, test } from 'vitest'
import { createDedupe } from '../../../../services/sinks/segment/stand-in/dedupe.ts'

const HOUR_MS = 3_600_000

test('Segment dedupe - knows an id for 24 hours at least and 48 at most', () => {
  const dedupe = createDedupe()
  const isNew = (id: string, hour: number) => dedupe.isNew(id, hour * HOUR_MS)
  expect([isNew('a', 0), isNew('a', 24), isNew('b', 23)]).toEqual([true, false, true])
  expect([isNew('c', 25), isNew('b', 47), isNew('a', 48)]).toEqual([true, false, false])
  expect([isNew('d', 50), isNew('b', 51), isNew('c', 49)]).toEqual([true, true, false])
  dedupe.clear()
  expect(isNew('d', 51)).toBe(true)
})

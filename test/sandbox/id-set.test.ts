// Counting ids by fingerprints.
import { expect, test } from 'vitest'
import { createIdSet } from '../../services/sandbox/id-set.ts'

test('id set - counts a million ids that differ in their last digits exactly, repeats not at all', () => {
  const ids = createIdSet()
  const id = (n: number) => `90020260102030405006${String(n).padStart(36, '0')}`
  let added = 0
  for (let n = 0; n < 1_000_000; n++) if (ids.add(id(n))) added++
  for (let n = 0; n < 1_000_000; n += 97) if (ids.add(id(n))) added++
  expect(added).toBe(1_000_000)
  expect(ids.size).toBe(1_000_000)
}, 20_000)

test('id set - knows what it has, and nothing after clear', () => {
  const ids = createIdSet()
  ids.add('a')
  expect([ids.has('a'), ids.has('b'), ids.add('a')]).toEqual([true, false, false])
  ids.clear()
  expect([ids.has('a'), ids.size]).toEqual([false, 0])
})

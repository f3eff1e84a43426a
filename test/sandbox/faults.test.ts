// Which request meets a fault.
import { expect, test } from 'vitest'
import { createFaults, isMeant } from '../../services/sandbox/faults.ts'

const event = { id: '42', time: 0, text: 'a poisoned text' }

test('faults - last as many requests as asked, then are gone', () => {
  const faults = createFaults('x', ['429', '503'])
  faults.set('503', 2)
  expect([1, 2, 3].map(() => faults.take(['503'])?.fault)).toEqual(['503', '503', undefined])
  expect(faults.current).toBeUndefined()
})

test('faults - last until cleared without a number, the newest instead of any other', () => {
  const faults = createFaults('x', ['429', '503'])
  faults.set('503')
  faults.set({ fault: '429', retryAfter: 3 })
  expect([faults.take(['503']), faults.take(['429'])?.retryAfter, faults.take(['429'])?.fault]).toEqual([undefined, 3, '429'])
  faults.clear()
  expect(faults.take(['429'])).toBeUndefined()
})

test('faults - a request that a fault does not apply to is not one of its times', () => {
  const faults = createFaults('x', ['reject'])
  faults.set({ fault: 'reject', marker: '42', times: 1 })
  expect(faults.take(['reject'], () => false)).toBeUndefined()
  expect(faults.take(['reject'], (fault) => isMeant(fault, event))).toBeDefined()
  expect(faults.take(['reject'], () => true)).toBeUndefined()
})

test('faults - a marker is an id, a part of the text, or a choice; without one all are meant', () => {
  const meant = (marker?: string | (() => boolean)) => isMeant({ fault: 'reject', marker }, event)
  expect([meant('42'), meant('4'), meant('poison'), meant(() => false), meant()]).toEqual([true, false, true, false, true])
})

test('faults - what a vendor cannot show is refused with what it can', () => {
  const faults = createFaults('papertrail', ['reset', 'slow'])
  expect(() => faults.set('429')).toThrow('papertrail cannot show this fault: it knows reset, slow, not 429')
  expect(() => faults.set('reset', 0)).toThrow('times must be a whole number of 1 or more')
  expect(() => faults.set({ fault: 'slow', ms: -1 })).toThrow('ms must be')
  const http = createFaults('segment', ['answer'])
  expect(() => http.set({ fault: 'answer', status: 99 })).toThrow('status must be one of HTTP')
  expect(() => http.set({ fault: 'answer', body: {} as never })).toThrow('body must be a text')
  expect(() => http.set({ fault: 'answer', headers: { via: 7 } as never })).toThrow('headers must be names with texts')
  expect(() => http.set({ fault: 'answer', overBytes: -1 })).toThrow('overBytes must be')
})

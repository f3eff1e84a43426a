// The promise, held against one partition.
import { describe, expect, test } from 'vitest'
import { accountOf, sumOf } from '../../services/operations/account.ts'
import { encodeAccount, newAccount } from '../../services/topics/records.ts'

const range = { partition: 3, start: 0, end: 100 }
const counted = { ...newAccount(10), delivered: 40, filtered: 5, duplicates: 2, dead_lettered: 1, expired: 2, checkpoint: 'id' }
const commit = (offset: number, metadata: string) => ({ partition: 3, offset, metadata })

describe('accountOf', () => {
  test('a counted commit - the equation holds with the lag', () => {
    const account = accountOf(range, commit(60, encodeAccount(counted)))
    expect(account).toMatchObject({ kind: 'counted', balances: true, lag: 40, next: 60, base: 10, delivered: 40, note: '' })
    const { delivered, filtered, duplicates, dead_lettered, expired, lag, end, base } = account
    expect(end - base).toBe(delivered + filtered + duplicates + dead_lettered + expired + lag)
  })

  test('what retention took before delivery - is expired, no lag, and said', () => {
    const account = accountOf({ ...range, start: 70 }, commit(60, encodeAccount(counted)))
    expect(account).toMatchObject({ balances: true, lag: 30, expired: 12, note: '10 expired before they were delivered' })
  })

  test('nothing ever committed - all that is held lags', () => {
    expect(accountOf({ ...range, start: 20 }, undefined)).toMatchObject({ kind: 'new', balances: true, lag: 80, base: 20 })
  })

  test('a commit without metadata - a reset from outside: a new base, and said', () => {
    const account = accountOf(range, commit(30, ''))
    expect(account).toMatchObject({ kind: 'reset', balances: true, lag: 70, base: 30, delivered: 0 })
    expect(account.note).toContain('from outside')
  })

  test.each([
    ['an account that does not add up to the offset', commit(61, encodeAccount(counted)), /does not add up/],
    ['an account of a newer version', commit(60, '{"v":2}'), /newer version/],
    ['a commit past the end of the log', commit(101, ''), /deleted and made anew/],
  ])('%s - does not balance, and why', (_, committed, note) => {
    const account = accountOf(range, committed)
    expect(account.balances).toBe(false)
    expect(account.note).toMatch(note)
  })

  test('sumOf - adds up, and balances only where each one does', () => {
    const good = accountOf(range, commit(60, encodeAccount(counted)))
    expect(sumOf([good, good])).toEqual({
      delivered: 80,
      filtered: 10,
      duplicates: 4,
      dead_lettered: 2,
      expired: 4,
      lag: 80,
      balances: true,
    })
    expect(sumOf([good, accountOf(range, commit(61, encodeAccount(counted)))]).balances).toBe(false)
  })
})

// Who may log in, and how often a password may be tried.
import { describe, expect, it } from 'vitest'
import { createAttempts } from '../../services/console/login.ts'
import { authenticate, parseUsers, type User } from '../../services/console/users.ts'
import { hashPassword } from '../../services/platform/passwords.ts'
import { PASSWORDS, USERS } from './console.ts'

const users = (parseUsers(USERS) as { value: User[] }).value
const [ann] = users

describe('users', () => {
  it('entries - name, role and hash, blanks ignored', () => {
    expect(users.map(({ name, role }) => [name, role])).toEqual([
      ['ann', 'operator'],
      ['vic', 'viewer'],
    ])
  })

  it.each([
    ['ann', /entry 1 \(ann\) must be name:role:hash/],
    ['ann:boss:x', /role viewer or operator/],
    ['a n:viewer:x', /entry 1 has a name/],
    [`${USERS},ann:viewer:${ann.hash}`, /entry 3 \(ann\) is there twice/],
    ['ann:viewer:secret', /entry 1 \(ann\): the hash must be/],
  ])('%s - is refused in words that quote no hash', (text, problem) => {
    const parsed = parseUsers(text) as { problem: string }
    expect(parsed.problem).toMatch(problem)
    expect(parsed.problem).not.toContain('secret')
  })

  it('password - the right one of the right user alone, and of hash-password too', async () => {
    expect(await authenticate(users, 'ann', PASSWORDS.ann)).toBe(ann)
    expect(await authenticate(users, 'ann', PASSWORDS.vic)).toBeUndefined()
    expect(await authenticate(users, 'nobody', PASSWORDS.ann)).toBeUndefined()
    expect(await authenticate([], 'ann', PASSWORDS.ann)).toBeUndefined()
    const made: User = { name: 'new', role: 'viewer', hash: await hashPassword('ä secret') }
    expect(await authenticate([made], 'new', 'ä secret')).toBe(made)
  })

  it('unknown name - takes as long as a wrong password', async () => {
    const slow: User[] = [{ name: 'ann', role: 'operator', hash: await hashPassword('right') }]
    const time = async (name: string) => {
      const times: number[] = []
      for (let i = 0; i < 3; i++) {
        const before = performance.now()
        await authenticate(slow, name, 'wrong')
        times.push(performance.now() - before)
      }
      return times.toSorted((a, b) => a - b)[1]
    }
    const [known, unknown] = [await time('ann'), await time('nobody')]
    expect(unknown).toBeGreaterThan(known / 3)
  })
})

describe('attempts', () => {
  it('name and address - five at once, then one a minute; success gives one back', () => {
    let now = 0
    const attempts = createAttempts(() => now)
    const take = () => attempts.take('ann', '10.0.0.1')
    expect([1, 2, 3, 4, 5].map(take)).toEqual([0, 0, 0, 0, 0])
    expect(take()).toBe(60)
    now += 59_000
    expect(take()).toBe(1)
    now += 1_000
    expect(take()).toBe(0)
    attempts.succeeded('ann', '10.0.0.1')
    expect(take()).toBe(0)
    expect(take()).toBeGreaterThan(0)
  })

  it('many names from one address, one name from many addresses - both are limited, others are not', () => {
    const attempts = createAttempts(() => 0)
    const names = Array.from({ length: 30 }, (_, i) => attempts.take(`user-${i}`, '10.0.0.1'))
    expect(names.filter((wait) => wait === 0)).toHaveLength(20)
    const addresses = Array.from({ length: 40 }, (_, i) => attempts.take('ann', `10.0.1.${i}`))
    expect(addresses.filter((wait) => wait === 0)).toHaveLength(30)
    expect(attempts.take('vic', '10.0.2.1')).toBe(0)
  })
})

// Whose a cookie is, and until when.
import { describe, expect, it } from 'vitest'
import { parseUsers, type User } from '../../services/console/users.ts'
import { createSessions, loggedOut, logoutRecord } from '../../services/console/sessions.ts'
import { USERS } from './console.ts'

const users = (parseUsers(USERS) as { value: User[] }).value
const [ann, vic] = users
const HOUR = 3_600_000

describe('sessions', () => {
  let now = 1_000_000
  const open = (key = 'k'.repeat(32), of: User[] = users) => createSessions(key, of, HOUR, { now: () => now })

  it('cookie - is its user’s until it ends', () => {
    const sessions = open()
    const token = sessions.issue(ann)
    expect(sessions.verify(token)?.user).toBe(ann)
    expect(open().verify(token)?.user).toBe(ann)
    now += HOUR
    expect(sessions.verify(token)).toBeUndefined()
  })

  it('forged - another key, another name, another end, or nonsense is nobody’s', () => {
    const sessions = open()
    const [body, signature] = sessions.issue(vic).split('.')
    const other = (change: (text: string) => string) =>
      `${Buffer.from(change(Buffer.from(body, 'base64url').toString())).toString('base64url')}.${signature}`
    expect(sessions.verify(`${body}.${signature}`)?.user).toBe(vic)
    expect(open('x'.repeat(32)).verify(`${body}.${signature}`)).toBeUndefined()
    expect(sessions.verify(other((text) => text.replace('vic', 'ann')))).toBeUndefined()
    expect(sessions.verify(other((text) => text.replace(/ \d+ /, ' 9999999999999 ')))).toBeUndefined()
    for (const nonsense of ['', '.', 'a.b', `${body}.`, `${body}.${signature}.x`, body])
      expect(sessions.verify(nonsense)).toBeUndefined()
  })

  it('logout, a new password, another role, removal - each ends it', () => {
    const sessions = open()
    const token = sessions.issue(vic)
    const verify = (of: User[]) => open(undefined, of).verify(token)
    expect(verify([{ ...vic, hash: ann.hash }])).toBeUndefined()
    expect(verify([{ ...vic, role: 'operator' }])).toBeUndefined()
    expect(verify([ann])).toBeUndefined()
    const session = sessions.verify(token)!
    expect(sessions.lasts(session)).toBe(true)
    sessions.revoke(session.id, session.end)
    expect([sessions.verify(token), sessions.lasts(session)]).toEqual([undefined, false])
  })

  it('record - a logout is read back by the consoles that follow; no other record is one', () => {
    const sessions = open()
    const session = sessions.verify(sessions.issue(vic))!
    const record = { v: 1, audit: true as const, ...logoutRecord(session) }
    expect(loggedOut(record)).toEqual({ id: session.id, end: session.end })
    for (const other of [
      { ...record, operation: 'pause' },
      { ...record, input: {} },
      { ...record, input: null as never },
      { ...record, input: { session: {}, ends_at: 'soon' } },
    ])
      expect(loggedOut(other)).toBeUndefined()
  })

  it('restart - a session of before is not decided on until the logouts of before are read; a new one is', () => {
    const token = open().issue(ann)
    now += 60_000
    let logoutsRead = false
    const restarted = createSessions('k'.repeat(32), users, HOUR, { now: () => now, logoutsRead: () => logoutsRead })
    expect(() => restarted.verify(token)).toThrow(/not read from Kafka yet/)
    expect(restarted.verify(restarted.issue(ann))?.user).toBe(ann)
    expect(restarted.verify('nonsense')).toBeUndefined()
    logoutsRead = true
    expect(restarted.verify(token)?.user).toBe(ann)
  })
})

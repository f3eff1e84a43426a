// Who may use the console (CONSOLE_USERS), and who asks: types that the routes, the sessions and the login share.
import type { Role } from '../operations/operation.ts'
import { parsePasswordHash, verifyPassword } from '../platform/passwords.ts'

export type User = { name: string; role: Role; hash: string }

/** A login by the page. `end`: milliseconds since the epoch. */
export type Session = { user: User; id: string; end: number }

/** Who asks: by a session of the page, or by HTTP Basic; a user without a name where nobody is logged in. */
export type Asker = { user: User; session?: Session }

/** Checks a password. @throws Answer 400, 401, 403 or 429 with Retry-After */
export type Login = (name: unknown, password: unknown, address: string) => Promise<User>

/** Entries `name:role:hash`, comma-separated. No problem quotes a hash. */
export function parseUsers(text: string): { value: User[] } | { problem: string } {
  const users: User[] = []
  for (const entry of text.split(',').map((part) => part.trim())) {
    if (entry === '') continue
    const [name, role, hash, ...more] = entry.split(':')
    const where = `entry ${users.length + 1}${/^[\w.@+-]{1,64}$/.test(name) ? ` (${name})` : ''}`
    if (hash === undefined || more.length > 0) return { problem: `${where} must be name:role:hash` }
    if (!/^[\w.@+-]{1,64}$/.test(name))
      return { problem: `${where} has a name with other characters than letters, digits and . @ + - _` }
    if (role !== 'viewer' && role !== 'operator') return { problem: `${where} must have the role viewer or operator` }
    const parsed = parsePasswordHash(hash)
    if ('problem' in parsed) return { problem: `${where}: the hash ${parsed.problem}` }
    if (users.some((user) => user.name === name)) return { problem: `${where} is there twice` }
    users.push({ name, role, hash })
  }
  return { value: users }
}

/**
 * The user with this password, if there is one. An unknown name is verified against another's hash, so that it takes as long as a
 * wrong password.
 */
export async function authenticate(users: readonly User[], name: string, password: string): Promise<User | undefined> {
  const user = users.find((one) => one.name === name)
  const hash = (user ?? users[0])?.hash
  const right = hash !== undefined && (await verifyPassword(password, hash))
  return right ? user : undefined
}

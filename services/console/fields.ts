// Settings of the console.
import { boolean, integer, parsed, text } from '../platform/settings.ts'
import { parseUsers, type User } from './users.ts'

export const consoleFields = {
  port: integer('CONSOLE_PORT', 'Port of the page, the API, health and metrics; 0 takes any free one', {
    default: 8081,
    max: 65_535,
  }),
  users: parsed<User[]>(
    'CONSOLE_USERS',
    'Who may log in: name:role:hash, comma-separated; role is viewer or operator, `auth0-logs hash-password` makes the hash',
    parseUsers,
    { kind: 'list', default: [], secret: true },
  ),
  sessionKey: text(
    'CONSOLE_SESSION_KEY',
    'Signs the session cookies; without it a key is generated at start, and a restart logs everybody out',
    {
      secret: true,
      check: (key) => (key.length >= 32 ? undefined : 'is too short to be safe: give 32 characters or more'),
    },
  ),
  sessionHours: integer('CONSOLE_SESSION_HOURS', 'How long a login lasts', {
    default: 12,
    min: 1,
    max: 24 * 30,
    unit: 'hours',
  }),
  trustProxy: boolean(
    'CONSOLE_TRUST_PROXY',
    'Trust the X-Forwarded-Proto, -Host and -For of a proxy: only where every request comes through one',
    { default: false },
  ),
}

// What a log stream's pii_config does to an event: values of personal fields are masked or hashed, in the stream only.
// https://auth0.com/docs/customize/log-streams: the fields are documented, the exact form of a masked value is not.
import { createHash } from 'node:crypto'
import type { LogData } from './logs-store.ts'
import type { LogStream } from './streams.ts'

const keysOf: Record<string, readonly string[]> = {
  first_name: ['first_name', 'given_name', 'name'],
  last_name: ['last_name', 'family_name', 'name'],
  username: ['username', 'user_name'],
  email: ['email', 'user_name'],
  phone: ['phone', 'phone_number', 'old_phone_number', 'new_phone_number'],
  address: ['address'],
}

/** The event with the texts under the fields' keys replaced, at any depth; itself when there is no config. */
export function obfuscated(data: LogData, config: LogStream['pii_config']): LogData {
  if (!config) return data
  const keys = new Set(config.log_fields.flatMap((field) => keysOf[field] ?? []))
  const hidden = config.method === 'hash' ? hashed : masked
  const walk = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(walk)
    if (typeof value !== 'object' || value === null) return value
    return Object.fromEntries(
      Object.entries(value).map(([key, inner]) => [
        key,
        keys.has(key) && typeof inner === 'string' ? hidden(inner) : walk(inner),
      ]),
    )
  }
  return walk(data) as LogData
}

const masked = (text: string) => (text === '' ? '' : `${text[0]}${'*'.repeat(Math.max(3, text.length - 1))}`)
/** Auth0 takes xxhash; which hash it is plays no part here, only that equal values stay equal. */
const hashed = (text: string) => createHash('sha256').update(text).digest('hex').slice(0, 16)

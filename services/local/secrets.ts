// Secrets that `npm start` makes for itself and keeps, readable by their owner only, so that the next start has the same.
import { randomBytes, scryptSync } from 'node:crypto'
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'

/** A folder that nobody else on this machine may look into: it will hold events, which are personal data, and secrets. */
export function privateFolder(path: string): void {
  mkdirSync(path, { recursive: true, mode: 0o700 })
  chmodSync(path, 0o700) // one that an older version made
}

/** The secret in the file; made at the first call. */
export function keptSecret(path: string): string {
  try {
    const kept = readFileSync(path, 'utf8').trim()
    if (kept) return kept
  } catch {
    // Made below.
  }
  const secret = randomBytes(24).toString('base64url')
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, `${secret}\n`, { mode: 0o600 })
  return secret
}

/** An entry of CONSOLE_USERS: `name:role:scrypt.<N>.<r>.<p>.<salt>.<key>`, salt and 32-byte key in base64url. */
export function consoleUser(name: string, password: string): string {
  const [N, r, p] = [16_384, 8, 1]
  const salt = randomBytes(16)
  const key = scryptSync(password, salt, 32, { N, r, p })
  return `${name}:operator:${['scrypt', N, r, p, salt.toString('base64url'), key.toString('base64url')].join('.')}`
}

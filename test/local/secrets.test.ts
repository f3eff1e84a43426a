// Secrets that npm start makes and keeps.
import { scryptSync } from 'node:crypto'
import { chmodSync, mkdirSync, mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { consoleUser, keptSecret, privateFolder } from '../../services/local/secrets.ts'

const folder = mkdtempSync(join(tmpdir(), 'secrets-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

test('keptSecret - made once, kept, readable by its owner only', () => {
  const path = join(folder, 'deep', 'token')
  const secret = keptSecret(path)
  expect(secret).toMatch(/^[\w-]{32}$/)
  expect(keptSecret(path)).toBe(secret)
  expect(statSync(path).mode & 0o777).toBe(0o600)
  expect(keptSecret(join(folder, 'other'))).not.toBe(secret)
})

test('privateFolder - nobody else may look into it, also where it was there', () => {
  const path = join(folder, 'private')
  for (const mode of [0o755, 0o700]) {
    mkdirSync(path, { recursive: true })
    chmodSync(path, mode)
    privateFolder(path)
    expect(statSync(path).mode & 0o777).toBe(0o700)
  }
})

test('consoleUser - an entry of CONSOLE_USERS whose key is the scrypt of the password', () => {
  const [name, role, hash] = consoleUser('ada', 'secret').split(':')
  const [scheme, N, r, p, salt, key] = hash.split('.')
  expect([name, role, scheme]).toEqual(['ada', 'operator', 'scrypt'])
  const options = { N: Number(N), r: Number(r), p: Number(p) }
  expect(scryptSync('secret', Buffer.from(salt, 'base64url'), 32, options).toString('base64url')).toBe(key)
})

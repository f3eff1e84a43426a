// Hashes of passwords.
import { scryptSync } from 'node:crypto'
import { expect, test } from 'vitest'
import { hashPassword, parsePasswordHash, verifyPassword } from '../../services/platform/passwords.ts'

const hash = await hashPassword('correct horse')

test('hashPassword - has the documented form, verifies, and has a salt of its own', async () => {
  const [, salt, key] = /^scrypt\.16384\.8\.1\.([\w-]{22})\.([\w-]{43})$/.exec(hash) ?? []
  expect(scryptSync('correct horse', Buffer.from(salt, 'base64url'), 32, { N: 16_384, r: 8, p: 1 }).toString('base64url')).toBe(
    key,
  )
  expect(await verifyPassword('correct horse', hash)).toBe(true)
  expect(await hashPassword('correct horse')).not.toBe(hash)
})

test.each(['correct horsf', '', 'correct horse '])('verifyPassword - %j is wrong', async (password) => {
  expect(await verifyPassword(password, hash)).toBe(false)
})

test('verifyPassword - other parameters within bounds are taken', async () => {
  const key = scryptSync('x', Buffer.from('saltsalt'), 32, { N: 1024, r: 4, p: 2 }).toString('base64url')
  expect(await verifyPassword('x', `scrypt.1024.4.2.${Buffer.from('saltsalt').toString('base64url')}.${key}`)).toBe(true)
})

const [, , , , salt, key] = hash.split('.')
test.each([
  ['too much memory', `scrypt.1048576.1024.1.${salt}.${key}`],
  ['too much work', `scrypt.16384.8.1000.${salt}.${key}`],
  ['N no power of two', `scrypt.16383.8.1.${salt}.${key}`],
  ['N of one', `scrypt.1.8.1.${salt}.${key}`],
  ['a short key', `scrypt.16384.8.1.${salt}.abcd`],
  ['an empty salt', `scrypt.16384.8.1..${key}`],
  ['another scheme', `bcrypt.16384.8.1.${salt}.${key}`],
  ['nothing', ''],
])('parsePasswordHash - %s is none, and nothing verifies against it', async (_, text) => {
  expect(parsePasswordHash(text)).toHaveProperty('problem')
  expect(await verifyPassword('correct horse', text)).toBe(false)
})

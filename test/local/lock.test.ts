// One `npm start` at a time: the lock file has one holder, and a dead one's is taken over.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { startAlone, takeLock } from '../../services/local/lock.ts'
import { identify, isAlive } from '../../services/local/processes.ts'

const folder = mkdtempSync(join(tmpdir(), 'lock-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

test('takeLock - a second one is told who has it, since when and what they say', () => {
  const path = join(folder, 'a.lock')
  const first = takeLock(path)
  if (!first.taken) throw new Error('not taken')
  first.tell({ addresses: { ingest: 'http://x' } })
  const second = takeLock(path)
  expect(second).toMatchObject({
    taken: false,
    by: { holder: { pid: process.pid }, about: { addresses: { ingest: 'http://x' } } },
  })
  first.release()
  expect(existsSync(path)).toBe(false)
  expect(takeLock(path)).toMatchObject({ taken: true, after: undefined })
})

test('takeLock - a holder that was killed leaves nothing in the way', async () => {
  const path = join(folder, 'b.lock')
  const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'])
  const holder = identify(child.pid as number)
  writeFileSync(path, JSON.stringify({ holder, since: '2026-01-01T00:00:00.000Z', about: {} }))
  expect(takeLock(path).taken).toBe(false)
  child.kill('SIGKILL')
  await once(child, 'exit')
  expect(takeLock(path)).toMatchObject({ taken: true, after: { since: '2026-01-01T00:00:00.000Z' } })
  expect(JSON.parse(readFileSync(path, 'utf8')).holder.pid).toBe(process.pid)
})

test('takeLock - a pid that belongs to another process now is no holder', () => {
  const path = join(folder, 'c.lock')
  writeFileSync(path, JSON.stringify({ holder: { pid: process.pid, startedAt: 'long ago' }, since: '', about: {} }))
  expect(takeLock(path).taken).toBe(true)
})

test('takeLock - a broken file is no lock', () => {
  const path = join(folder, 'd.lock')
  writeFileSync(path, '{"hol')
  expect(takeLock(path).taken).toBe(true)
})

test('isAlive - a process is itself only while it lives', async () => {
  const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'])
  const id = identify(child.pid as number)
  if (!id) throw new Error('not identified')
  expect(isAlive(id)).toBe(true)
  expect(isAlive({ ...id, startedAt: 'another time' })).toBe(false)
  child.kill('SIGKILL')
  await once(child, 'exit')
  expect(isAlive(id)).toBe(false)
})

const dataDir = mkdtempSync(join(tmpdir(), 'alone-'))
afterAll(() => rmSync(dataDir, { recursive: true, force: true }))
const { signal } = new AbortController()

test('startAlone - after a crash it waits until the watchdog has ended what was left', async () => {
  const watchdog = spawn(process.execPath, ['-e', 'setTimeout(() => {}, 600)'])
  const dead = { pid: process.pid, startedAt: 'long ago' }
  const about = { watchdog: identify(watchdog.pid as number) }
  writeFileSync(join(dataDir, 'npm-start.lock'), JSON.stringify({ holder: dead, since: '2026-01-01T00:00:00.000Z', about }))
  const said: string[] = []
  const lock = await startAlone(dataDir, (message) => said.push(message), signal)
  expect(identify(watchdog.pid as number)).toBeUndefined()
  expect(said).toEqual([`the last run (process ${process.pid}) was killed: waiting for its services to end`])
  await expect(startAlone(dataDir, () => {}, signal)).rejects.toThrow(`process ${process.pid}, since 20`)
  lock.release()
})

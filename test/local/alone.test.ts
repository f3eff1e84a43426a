// One `npm start` at a time.
import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { startAlone } from '../../services/local/alone.ts'
import { identify } from '../../services/local/processes.ts'

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

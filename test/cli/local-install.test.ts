// What the commands know of the `npm start` that runs in their folder.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { localInstall } from '../../services/cli/local-install.ts'

function folder(files: Record<string, string>): string {
  const root = mkdtempSync(join(tmpdir(), 'auth0-logs-install-'))
  onTestFinished(() => rmSync(root, { recursive: true }))
  mkdirSync(join(root, '.data'))
  for (const [name, text] of Object.entries(files)) writeFileSync(join(root, '.data', name), text)
  return root
}
const about = (more: object) => JSON.stringify({ holder: { pid: 1 }, since: '', about: more })

describe('npm start', () => {
  it('one that runs - its broker, the address of its ingest and its token', () => {
    const lock = about({ brokers: '127.0.0.1:9092', addresses: { ingest: 'http://127.0.0.1:8080' } })
    const root = folder({ 'npm-start.lock': lock, 'ingest-token': 'secret\n' })
    expect(localInstall(root)).toEqual({ brokers: '127.0.0.1:9092', ingest: 'http://127.0.0.1:8080', token: 'secret' })
  })

  it.each([
    ['none', {}],
    ['one that has ended, its secrets kept', { 'ingest-token': 'secret' }],
    ['a lock that is just being written', { 'npm-start.lock': '{"hol' }],
    ['one without a broker yet', { 'npm-start.lock': about({}) }],
    ['a lock that holds null', { 'npm-start.lock': 'null' }],
  ])('%s - nothing', (_, files) => {
    expect(localInstall(folder(files))).toEqual({})
  })
})

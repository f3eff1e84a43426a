// The archive of a broker's classes: made once by a broker that ended as it should, never by another.
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, expect, test } from 'vitest'
import { classArchive } from '../../../services/local/broker/class-archive.ts'

const libs = mkdtempSync(join(tmpdir(), 'archive-'))
afterEach(() => rmSync(libs, { recursive: true, force: true }))

test('classArchive - kept from a broker that ended on SIGTERM, used by the next, thrown away from any other', () => {
  const archive = classArchive(libs, '17.0.1')
  const part = () => archive.useOrMake().at(-1)?.split('=')[1] as string
  expect(archive.use()).toEqual([])

  writeFileSync(part(), 'of a start that failed')
  archive.keep({ status: 1, signal: null })
  expect(readdirSync(libs)).toEqual([])

  writeFileSync(`${join(libs, 'java-17.0.1.jsa')}.of-a-killed-run`, '')
  writeFileSync(part(), 'whole')
  archive.keep({ status: 143, signal: null })
  expect(readdirSync(libs)).toEqual(['java-17.0.1.jsa'])
  expect(archive.useOrMake()).toContain(`-XX:SharedArchiveFile=${join(libs, 'java-17.0.1.jsa')}`)
  expect(classArchive(libs, '21.0.1').use()).toEqual([])
})

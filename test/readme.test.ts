// The README tells what is: its settings tables are those of the field rows, the files it names exist.
import { existsSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { README, withTables } from './support/settings-tables.ts'

const readme = readFileSync(README, 'utf8')

describe('README', () => {
  it('settings tables - are those of the field rows (npm run readme writes them)', () => {
    expect(withTables(readme)).toBe(readme)
  })

  it('files - every one it names exists', () => {
    const named = [...readme.matchAll(/`((?:services|schemas|test)\/[\w./-]*\w\/?)`/g)].map(([, path]) => path)
    expect(named.length).toBeGreaterThan(10)
    expect(named.filter((path) => !existsSync(new URL(`../${path}`, import.meta.url)))).toEqual([])
  })
})

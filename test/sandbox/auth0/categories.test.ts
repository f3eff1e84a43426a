// The filter categories: the sandbox keeps its own table, and must agree with the one that the services use.
import { expect, test } from 'vitest'
import { readFileSync } from 'node:fs'
import { categoryNames, categoryOfType } from '../../../services/sandbox/auth0/categories.ts'
import { typeCategory } from '../../../services/events/types.ts'

const table = readFileSync(new URL('../../../services/events/types.ts', import.meta.url), 'utf8')
const types = [...table.matchAll(/^ {4}(\w+): \[\d,/gm)].map(([, type]) => type)

test('log stream categories - every type is where the services have it, an unknown one in `other`', () => {
  expect(types.length).toBeGreaterThan(180)
  expect(types.filter((type) => categoryOfType(type) !== typeCategory(type))).toEqual([])
  expect([categoryOfType('brand_new'), new Set(types.map(typeCategory))]).toEqual(['other', new Set(categoryNames)])
})

// Filter rules by table: f is Error, w is Warning, s is Info, zzz is unknown.
import { describe, expect, test } from 'vitest'
import { createFilter, type FilterRules, parseLevel, parseTypes, unknownTypes } from '../../services/events/filter.ts'

const passing = (rules: FilterRules) => ['f', 'w', 's', 'zzz', ''].filter((type) => createFilter(rules)?.(type) === undefined)

describe('filter', () => {
  test.each<[string, FilterRules, string[]]>([
    ['no rule - everything passes', {}, ['f', 'w', 's', 'zzz', '']],
    ['level 0 - everything passes', { level: 0 }, ['f', 'w', 's', 'zzz', '']],
    ['level 1 - unknown and missing codes pass as Info', { level: 1 }, ['f', 'w', 's', 'zzz', '']],
    ['level 2 - this level and all above', { level: 2 }, ['f', 'w']],
    ['level 4 - none of these', { level: 4 }, []],
    ['types - only the listed', { types: ['s', 'f'] }, ['f', 's']],
    ['types - an unknown code may be listed', { types: ['zzz'] }, ['zzz']],
    ['level and types - both by default', { level: 2, types: ['s', 'f'] }, ['f']],
    ['level and types - both with mode all', { level: 2, types: ['s', 'f'], mode: 'all' }, ['f']],
    ['level and types - one is enough with mode any', { level: 2, types: ['s'], mode: 'any' }, ['f', 'w', 's']],
    ['level alone - mode any changes nothing', { level: 2, mode: 'any' }, ['f', 'w']],
    ['types alone - mode any changes nothing', { types: ['s'], mode: 'any' }, ['s']],
    ['empty list of types - no rule', { level: 2, types: [] }, ['f', 'w']],
  ])('%s', (_, rules, expected) => expect(passing(rules)).toEqual(expected))

  test.each<[string, FilterRules, string, string | undefined]>([
    ['level alone', { level: 2 }, 's', 'level'],
    ['types alone', { types: ['f'] }, 's', 'type'],
    ['both, type not listed', { level: 2, types: ['s'] }, 'f', 'type'],
    ['both, level too low', { level: 2, types: ['s'] }, 's', 'level'],
    ['both, neither', { level: 2, types: ['f'] }, 's', 'type'],
    ['any, neither', { level: 2, types: ['f'], mode: 'any' }, 's', 'type'],
    ['both, satisfied', { level: 2, types: ['f'] }, 'f', undefined],
  ])('reason - %s', (_, rules, type, reason) => expect(createFilter(rules)?.(type)).toBe(reason))

  test('no rule - there is no filter, so nobody has to find out the type', () => {
    expect(createFilter({})).toBeUndefined()
    expect(createFilter({ types: [], mode: 'any' })).toBeUndefined()
  })
})

describe('parseLevel', () => {
  test.each(['0', '1', '2', '3', '4', ' 3 '])('%j - is that level', (text) =>
    expect(parseLevel(text)).toEqual({ value: Number(text) }),
  )
  test.each(['', '-', ' ', ' - '])('%j - is not set', (text) => expect(parseLevel(text)).toEqual({ value: undefined }))
  test.each(['5', '-1', '2,3', '1.5', '03', 'error', '3 4', '٣'])('%j - is a problem', (text) =>
    expect(parseLevel(text)).toEqual({ problem: 'must be one level: 0 Debug, 1 Info, 2 Warning, 3 Error, 4 Critical' }),
  )
})

describe('parseTypes', () => {
  test.each([
    ['s,ss,f', ['s', 'ss', 'f']],
    [' s , ,-, f,', ['s', 'f']],
    ['-', []],
    ['', []],
    ['s,f,s', ['s', 'f']],
    ['brand_new', ['brand_new']],
  ])('%j - gives %j', (text, value) => expect(parseTypes(text)).toEqual({ value }))

  test('unknownTypes - gives the codes that are not documented', () => {
    expect(unknownTypes(['s', 'Ss', 'zzz', 'f'])).toEqual(['Ss', 'zzz'])
  })
})

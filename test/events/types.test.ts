// The table of type codes against the facts that others rely on.
import { describe, expect, test } from 'vitest'
import { isKnownType, LEVELS, typeCategory, typeLevel, typeName } from '../../services/events/types.ts'

const outside = ['zzz', '', 'S', ' s', 'constructor', '__proto__', 'toString', null, undefined]

describe('types', () => {
  test.each([
    ['s', 'Success Login', 'Info', 'auth.login.success'],
    ['ss', 'Success Signup', 'Info', 'auth.signup.success'],
    ['f', 'Failed Login', 'Error', 'auth.login.fail'],
    ['fp', 'Failed Login (Incorrect Password)', 'Error', 'auth.login.fail'],
    ['w', 'Warning During Login', 'Warning', 'auth.login.notification'],
    ['limit_wc', 'Blocked Account', 'Critical', 'system.notification'],
    ['sapi', 'Success API Operation', 'Info', 'management.success'],
    ['gd_auth_failed', 'MFA Auth failed', 'Error', 'other'],
    ['pwd_leak', 'Breached password', 'Error', 'other'],
  ])('type %s - is %s, %s, %s', (code, name, level, category) => {
    expect(isKnownType(code)).toBe(true)
    expect(typeName(code)).toBe(name)
    expect(LEVELS[typeLevel(code)]).toBe(level)
    expect(typeCategory(code)).toBe(category)
  })

  test.each(outside)('type %j - is not known and counts as Info', (code) => {
    expect(isKnownType(code)).toBe(false)
    expect(typeLevel(code)).toBe(1)
    expect(typeName(code)).toBe(`Unknown Log Type: ${code ?? ''}`)
    expect(typeCategory(code)).toBeUndefined()
  })

  test('levels - have the names that LOG_LEVEL counts from 0', () => {
    expect(LEVELS).toEqual(['Debug', 'Info', 'Warning', 'Error', 'Critical'])
  })
})

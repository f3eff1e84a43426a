// What a log_id tells.
import { describe, expect, test } from 'vitest'
import { logIdAt, logIdBefore, startFromProblem, timeOfLogId } from '../../services/events/log-id.ts'

describe('log-id', () => {
  test('time - is that in the id, to the millisecond', () => {
    const time = Date.parse('2026-03-04T05:06:07.089Z')
    expect(logIdAt(time)).toBe(`90020260304050607089${'0'.repeat(36)}`)
    expect(logIdAt(time)).toHaveLength(56)
    expect(timeOfLogId(logIdAt(time))).toBe(time)
    expect(timeOfLogId(`90020260304050607089${'9'.repeat(36)}`)).toBe(time)
  })

  test.each(['', '5f2c1e9b8a7d6c5b4a392817', '80020260304050607089000', 'x'])('%j - tells no time', (id) => {
    expect(timeOfLogId(id)).toBeUndefined()
  })

  test.each([
    [`900${'0'.repeat(52)}1`, `900${'0'.repeat(53)}`],
    [`900${'0'.repeat(53)}`, `899${'9'.repeat(53)}`],
    ['5f2c1e9b8a7d6c5b4a392800', '5f2c1e9b8a7d6c5b4a3927ff'],
    ['0001', '0000'],
    ['0', undefined],
    ['no-id', undefined],
  ])('before %s - comes %s', (id, before) => expect(logIdBefore(id)).toBe(before))

  test('START_FROM - a log_id or an ISO time', () => {
    for (const good of [logIdAt(0), '5f2c1e9b8a7d6c5b4a392817', '2026-01-31T12:00:00Z', '2026-01-31'])
      expect(startFromProblem(good)).toBeUndefined()
    for (const bad of ['yesterday', '12', '2026-13-01', ''])
      expect(startFromProblem(bad)).toContain('must be a log_id or an ISO time')
  })
})

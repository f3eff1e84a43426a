// The members of `data` that services look at: what a scan finds is what JSON.parse would give.
import { describe, expect, test } from 'vitest'
import { type MemberName, readMembers } from '../../services/events/members.ts'

const read = (json: string) => readMembers(Buffer.from(json))

describe('readMembers', () => {
  test.each<[string, MemberName]>([
    ['{"ip":"203.0.113.7"}', 'ip'],
    ['{"ip":""}', 'ip'],
    ['{"user_id":"a\\"b\\\\","date":"x"}', 'user_id'],
    ['{"user_agent":"Зоя \\u00e9 😀"}', 'user_agent'],
    ['{"d\\u0061te":"2026-11-23"}', 'date'],
    ['{"date":"first","a":{"date":"inner"},"date":"last"}', 'date'],
    ['{"details":{"ip":"inner"},"ip":null}', 'ip'],
    ['{"client_id":{"a":[1,"]"]},"x":1}', 'client_id'],
    ['{"client_id":[1,2]}', 'client_id'],
    ['{"date":1795374000000}', 'date'],
    ['{"date":-1.5e3}', 'date'],
    ['{"type":true}', 'type'],
    [' \n{ "type" : "s" }\n ', 'type'],
    ['{"details":{"type":"inner"}}', 'type'],
    ['{"datex":"1","dat":"2"}', 'date'],
    ['{}', 'log_id'],
  ])('%s - gives of %s what JSON.parse gives', (json, name) => {
    const parsed = JSON.parse(json) as Record<string, unknown>
    const members = read(json)
    expect(members?.get(name)).toEqual(parsed[name])
    expect(members?.has(name)).toBe(Object.hasOwn(parsed, name))
  })

  test.each([
    ['{}', 0],
    ['{"a":1,"b":{"c":1,"d":2}}', 2],
    ['{"a":1,"a":2}', 2],
  ])('count - of %s is %d', (json, count) => expect(read(json)?.count).toBe(count))

  test.each(['', ' ', '{', '{"a":1', '{"a":1}x', '{"a":1,}', '{"a" 1}', '[]', 'null', '"s"', '7', '{"a":01}', '{"a":"\n"}'])(
    '%j - is no JSON object',
    (json) => expect(read(json)).toBeUndefined(),
  )

  test('10,000 levels - are walked', () => {
    const deep = `{"a":${'['.repeat(10_000)}${']'.repeat(10_000)},"type":"s"}`
    expect(read(deep)?.get('type')).toBe('s')
  })
})

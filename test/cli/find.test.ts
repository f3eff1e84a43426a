// `find` and `show` on a terminal: lines of events, and how much was searched.
import { afterAll, describe, expect, inject, test } from 'vitest'
import type { Found } from '../../services/operations/find.ts'
import { ensureTopics } from '../../services/topics/create.ts'
import { closeOperators, openOperator } from '../operations/announced.ts'
import { newPrefix } from '../support/kafka.ts'
import { makeEvents } from '../support/test-events.ts'
import { auth0Logs } from './terminal.ts'

afterAll(closeOperators)

describe('auth0-logs find', () => {
  test('events - a line each, then what was searched and how to go on; show brings one by its place', async () => {
    const prefix = newPrefix()
    const { client, producer } = openOperator(inject('brokers'), prefix)
    await ensureTopics(client, ['events', 'control', 'reports'])
    const events = makeEvents(4_500, (data, i) => void (data.user_name = i < 4_497 ? 'ann@example.com' : 'eve@example.com'))
    for (let i = 0; i < events.length; i += 1_000) {
      const records = events.slice(i, i + 1_000).map(({ id, value, type }) => ({
        key: Buffer.from(id),
        value,
        headers: new Map([[Buffer.from('type'), Buffer.from(type)]]),
      }))
      await producer.send(prefix, records, 10_000)
    }
    const run = (...args: string[]) => auth0Logs(args, { KAFKA_BROKERS: inject('brokers'), TOPIC_PREFIX: prefix })
    const { status, out, err } = await run('find', 'EVE@example.com')
    expect([status, err]).toEqual([0, ''])
    expect(
      out
        .split('\n')
        .slice(0, 3)
        .every((line) => /^\d{4}-\d\d-\d\d .*900\d{10}/.test(line)),
    ).toBe(true)
    expect(out).toMatch(/3 events found in 4,500: everything since 20.* UTC was searched\.$/m)
    expect(out).not.toContain('eve@example')

    const part = await run('find', 'eve@example.com', '--limit', '1')
    expect(part.out).toMatch(/1 event found in \d,\d{3}, back to .* older events were not searched/)
    const [, rest] = /--rest ([\d:,-]+)$/m.exec(part.out) ?? []
    const { events: others, left } = JSON.parse((await run('find', 'eve@example.com', '--rest', rest, '--json')).out) as Found
    expect([others.length, left]).toEqual([2, 0])

    const [{ partition, offset, logId }] = others
    const place = `${partition}:${offset}`
    expect((await run('show', place)).out).toMatch(new RegExp(`${logId}[\\s\\S]*"user_name": "\\*\\*\\*"`))
    expect((await run('show', place, '--unmask')).out).toContain('"user_name": "eve@example.com"')
    expect((await run('show', '0:999999')).out).toMatch(/No event is at these places/)
    expect((await run('find', 'x')).status).toBe(2)
  }, 60_000)
})

// Live pages: one tail for all, masked, filtered, each event written once.
import { describe, expect, it } from 'vitest'
import type { LiveEvent } from '../../services/console/live-event.ts'
import { createLive } from '../../services/console/live.ts'
import type { Stream } from '../../services/console/streams.ts'
import { createLogger } from '../../services/platform/logger.ts'
import type { TopicRecord } from '../../services/topics/read.ts'
import { until } from '../support/wait.ts'

const all = { types: [], level: 0, unmasked: false }

/** A page that takes what it is sent, and a tail that is fed by hand. */
function setup() {
  const opened: { take: (record: TopicRecord) => void; lost: (error: Error) => void; closed: boolean }[] = []
  const live = createLive(
    async (take, lost) => {
      const tail = { take, lost, closed: false }
      opened.push(tail)
      return { close: async () => void (tail.closed = true) }
    },
    createLogger('test', 'silent'),
  )
  const page = () => {
    const leave: (() => void)[] = []
    const events: LiveEvent[] = []
    const names: string[] = []
    const stream: Stream = {
      send(bytes) {
        const [name, data] = String(bytes).split('\n')
        names.push(name.slice(7))
        if (name === 'event: events') events.push(...(JSON.parse(data.slice(6)) as { events: LiveEvent[] }).events)
      },
      onClose: (then) => void leave.push(then),
    }
    return { stream, events, names, close: () => leave.forEach((then) => then()) }
  }
  return { live, opened, page }
}

let offset = 0
const record = (type: string, data: object = {}): TopicRecord => ({
  partition: 0,
  offset: offset++,
  key: `id-${offset}`,
  value: Buffer.from(JSON.stringify({ type, date: '2026-01-01T00:00:00Z', user_name: 'eve@example.com', ...data })),
  headers: { type, source: 'webhook' },
  timestamp: Date.now(),
})

describe('live', () => {
  it('tail - one for all pages, begun with the first, ended after the last, begun again when it breaks', async () => {
    const { live, opened, page } = setup()
    const pages = [page(), page(), page()]
    for (const { stream } of pages) live.join(stream, all)
    expect([opened.length, live.viewers()]).toEqual([1, 3])
    opened[0].lost(new Error('Kafka went away'))
    await until(
      'a second tail',
      () => opened.length,
      (count) => count === 2,
    )
    expect([opened[0].closed, pages[0].names.includes('away')]).toEqual([true, true])
    opened[1].take(record('s'))
    await until(
      'the event',
      () => pages[2].events.length,
      (count) => count === 1,
    )
    pages.forEach(({ close }) => close())
    await until('the end of the tail', () => opened[1].closed, Boolean)
    expect(live.viewers()).toBe(0)
  })

  it('filters and mask - each page gets what it asked for', async () => {
    const { live, opened, page } = setup()
    const [every, failed, types, open] = [page(), page(), page(), page()]
    live.join(every.stream, all)
    live.join(failed.stream, { ...all, level: 3 })
    live.join(types.stream, { ...all, types: ['ss'] })
    live.join(open.stream, { ...all, unmasked: true })
    for (const type of ['s', 'fp', 'ss']) opened[0].take(record(type))
    opened[0].take({ ...record(''), value: Buffer.from('no json') })
    await until(
      'all events',
      () => every.events.length,
      (count) => count === 4,
    )
    expect(failed.events.map(({ type }) => type)).toEqual(['fp'])
    expect(types.events.map(({ type }) => type)).toEqual(['ss'])
    expect(every.events[0]).toMatchObject({ name: 'Success Login', level: 'Info', source: 'webhook' })
    expect(JSON.stringify(every.events)).not.toContain('eve@example.com')
    expect(JSON.stringify(open.events)).toContain('eve@example.com')
    await live.close()
  })

  it('text - is looked for in what came, before anything is left out of a flood; what a sink leaves out does not come', async () => {
    const { live, opened, page } = setup()
    const [eve, none, sink] = [page(), page(), page()]
    live.join(eve.stream, { ...all, text: 'EVE@example.com' })
    live.join(none.stream, { ...all, text: 'mallory' })
    live.join(sink.stream, { ...all, sink: { level: 3 } })
    expect(live.texts()).toBe(2)
    const others = { user_name: 'ann@example.com' }
    for (let i = 0; i < 2_000; i++) opened[0].take(record('s', i % 100 === 99 ? {} : others))
    opened[0].take(record('fp', others))
    await until(
      'the events',
      () => [eve.events.length, sink.events.length],
      ([found, failed]) => found === 20 && failed === 1,
    )
    expect([none.events, none.names.includes('events')]).toEqual([[], false])
    expect(JSON.stringify(eve.events)).not.toContain('eve@example.com')
    eve.close()
    expect(live.texts()).toBe(1)
    await live.close()
  })

  it('flood of what is looked for - the newest come, and the rest is counted', async () => {
    const { live, opened, page } = setup()
    const { stream, events } = page()
    let leftOut = 0
    const send: Stream['send'] = (bytes, lines) => {
      leftOut += Number(/"left_out":(\d+)/.exec(String(bytes))?.[1] ?? 0)
      stream.send(bytes, lines)
    }
    live.join({ ...stream, send }, { ...all, text: 'eve' })
    const sent = Array.from({ length: 300 }, () => record('s'))
    for (const one of sent) opened[0].take(one)
    await until(
      'the events',
      () => events.length + leftOut,
      (count) => count === 300,
    )
    expect(events.at(-1)?.id).toBe(sent.at(-1)?.key)
    await live.close()
  })

  it('flood - what nobody can read is left out and counted', async () => {
    const { live, opened, page } = setup()
    const { stream, events } = page()
    let leftOut = 0
    live.join(
      {
        ...stream,
        send: (bytes, lines) => {
          leftOut += Number(/"left_out":(\d+)/.exec(String(bytes))?.[1] ?? 0)
          stream.send(bytes, lines)
        },
      },
      all,
    )
    for (let i = 0; i < 5_000; i++) opened[0].take(record('s'))
    await until(
      'the events',
      () => events.length + leftOut,
      (count) => count === 5_000,
    )
    expect(events.length).toBeLessThan(1_000)
    await live.close()
  })

  it('flood of one type - leaves room for the others', async () => {
    const { live, opened, page } = setup()
    const [every, failed] = [page(), page()]
    live.join(every.stream, all)
    live.join(failed.stream, { ...all, types: ['f'] })
    for (let i = 0; i < 5_000; i++) opened[0].take(record('s'))
    opened[0].take(record('f'))
    await until(
      'the failure',
      () => failed.events.length,
      (count) => count === 1,
    )
    await live.close()
  })

  it('same mask - pages of all filters share the bytes: an event is read and written once for all', async () => {
    const { live, opened, page } = setup()
    const pages = Array.from({ length: 100 }, (_, n) => ({ ...page(), types: ['s', `other-${n}`] }))
    for (const { stream, types } of pages) live.join(stream, { ...all, types })
    const events = Array.from({ length: 40 }, () => record('s', { details: { long: 'x'.repeat(1_000) } }))
    let reads = 0
    for (const one of events) {
      const value = one.value!
      opened[0].take(Object.defineProperty({ ...one }, 'value', { get: () => (reads++, value) }))
    }
    await until(
      'all events on all pages',
      () => pages.filter(({ events: seen }) => seen.length === 40).length,
      (count) => count === 100,
    )
    expect(reads).toBeLessThanOrEqual(2 * 40)
    await live.close()
  })

  it('many pages - get a bounded number of bytes together, the newest events, and are told how many were left out', async () => {
    const { live, opened, page } = setup()
    let bytes = 0
    let leftOut = 0
    const last = page()
    live.join(last.stream, all)
    for (let n = 0; n < 499; n++) {
      const { stream } = page()
      const send: Stream['send'] = (frame) => {
        bytes += frame.length
        leftOut += Number(/"left_out":(\d+)/.exec(String(frame))?.[1] ?? 0)
      }
      live.join({ ...stream, send }, { ...all, types: ['s', `other-${n}`] })
    }
    const events = Array.from({ length: 50 }, () => record('s', { scope: 'x'.repeat(3_000) }))
    for (const one of events) opened[0].take(one)
    await until(
      'the events',
      () => last.events.length,
      (count) => count > 0,
    )
    expect(bytes).toBeLessThan(5 * 1024 * 1024)
    expect(last.events.at(-1)?.id).toBe(events.at(-1)?.key)
    expect(leftOut).toBe(499 * (50 - last.events.length))
    await live.close()
  })

  it('odd events - depth, timestamps, keys, headers: each is shown, or said that it cannot be; the page goes on', async () => {
    const { live, opened, page } = setup()
    const [closed, open] = [page(), page()]
    live.join(closed.stream, all)
    live.join(open.stream, { ...all, unmasked: true })
    const deep = `{"type":"s","x":${'['.repeat(400_000)}${']'.repeat(400_000)}}`
    const broken = Object.defineProperty(record('s'), 'key', {
      get() {
        throw new Error('whatever nobody foresaw')
      },
    })
    const odd = [
      { ...record('s'), value: Buffer.from(deep) },
      { ...record('s'), timestamp: -9e15 },
      { ...record('s'), timestamp: Number.NaN },
      { ...record('s'), key: null, value: null, headers: {} },
      {
        ...record('__proto__'),
        key: 'k'.repeat(100_000),
        headers: { type: 'constructor'.repeat(10_000), source: 's'.repeat(9_000) },
      },
      { ...record('s'), value: Buffer.from('[[1,"a"]]') },
      record('s', { description: 'a'.repeat(300_000), client_name: 'c'.repeat(50_000), type: { a: 1 } }),
      broken,
      record('s'),
    ]
    for (const one of odd) opened[0].take(one)
    for (const one of [closed, open]) {
      await until(
        'all of them',
        () => one.events.length,
        (count) => count === odd.length,
      )
      expect(one.events.filter(({ name }) => name === 'Cannot be shown')).toHaveLength(1)
      for (const event of one.events) expect(JSON.stringify(event).length).toBeLessThan(12_000)
    }
    await live.close()
  })
})

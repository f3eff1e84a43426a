// Live pages: one tail for all, masked, filtered, and bounded where a page is slow.
import { EventEmitter } from 'node:events'
import { describe, expect, it } from 'vitest'
import { createLive, type LiveEvent } from '../../services/console/live.ts'
import { createStreams, MOST_WAITING, type Stream } from '../../services/console/stream.ts'
import type { Request, Response } from '../../services/platform/http.ts'
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
})

describe('stream', () => {
  /** As much of express' response as a stream uses; the page reads nothing until told. */
  function slowResponse() {
    const written: Buffer[] = []
    let waiting = 0
    const response = Object.assign(new EventEmitter(), {
      writeHead: () => {},
      end: () => response.emit('close'),
      write(bytes: Buffer | string) {
        written.push(Buffer.from(bytes))
        waiting += bytes.length
      },
    })
    Object.defineProperty(response, 'writableLength', { get: () => waiting })
    return { response: response as unknown as Response, written, read: () => (waiting = 0) }
  }

  it('slow page - at most 256 KiB wait for it; it is told how many lines it lost', () => {
    const streams = createStreams()
    const { response, written, read } = slowResponse()
    const stream = streams.open({ socket: { setNoDelay: () => {} } } as unknown as Request, response)
    const bytes = Buffer.alloc(10_000, 'x')
    for (let i = 0; i < 100; i++) stream.send(bytes, 7)
    expect(response.writableLength).toBeLessThanOrEqual(MOST_WAITING)
    const sent = written.filter((one) => one.length === bytes.length).length
    expect(sent).toBe(26)
    read()
    stream.send(bytes, 7)
    expect(String(written.at(-2))).toBe(`event: lost\ndata: {"lines":${(100 - sent) * 7}}\n\n`)
    streams.close()
    expect(streams.count()).toBe(0)
  })
})

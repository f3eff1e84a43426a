// Server-sent events to pages: bounded for a slow page, for a user, and by the session.
import { EventEmitter } from 'node:events'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import type { Asker } from '../../services/console/users.ts'
import { createStreams, MOST_WAITING } from '../../services/console/streams.ts'
import type { Request, Response } from '../../services/platform/http.ts'

describe('stream', () => {
  const request = { socket: { setNoDelay: () => {} } } as unknown as Request
  const asker = (name: string): Asker => ({ user: { name, role: 'viewer', hash: '' } })

  /** As much of express' response as a stream uses; the page reads nothing until told. */
  function slowResponse() {
    const written: Buffer[] = []
    let waiting = 0
    const response = Object.assign(new EventEmitter(), {
      writeHead: () => {},
      end: () => response.emit('close'),
      destroy: () => response.emit('close'),
      write(bytes: Buffer | string) {
        written.push(Buffer.from(bytes))
        waiting += bytes.length
      },
    })
    Object.defineProperty(response, 'writableLength', { get: () => waiting })
    return { response: response as unknown as Response, written, read: () => (waiting = 0) }
  }

  it('slow page - at most 256 KiB wait for it; it is told how many lines it lost', () => {
    const streams = createStreams(() => true)
    const { response, written, read } = slowResponse()
    const stream = streams.open(request, response, asker('vic'))
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

  it('limits - forty pages of one user, 500 of all; one that is closed makes room', () => {
    const streams = createStreams(() => true)
    const open = (name: string) => {
      const { response } = slowResponse()
      return { ...streams.open(request, response, asker(name)), response }
    }
    const [first] = Array.from({ length: 40 }, () => open('vic'))
    expect(() => open('vic')).toThrow(/you have 40 live pages open/)
    first.response.end()
    open('vic')
    for (let n = 0; n < 460; n++) open(`user-${n}`)
    expect(() => open('ann')).toThrow(/500 live pages are open/)
    streams.close()
  })

  it('end of a session - ends its streams and no others', () => {
    const ended = new Set<string>()
    const streams = createStreams(({ user }) => !ended.has(user.name))
    for (const name of ['ann', 'vic', 'vic']) streams.open(request, slowResponse().response, asker(name))
    ended.add('vic')
    streams.sweep()
    expect(streams.count()).toBe(1)
    streams.close()
  })

  it('page that takes nothing - is cut after a minute, one that reads is not', () => {
    vi.useFakeTimers()
    onTestFinished(() => void vi.useRealTimers())
    const streams = createStreams(() => true)
    const [stalled, reading] = [slowResponse(), slowResponse()]
    for (const { response } of [stalled, reading]) streams.open(request, response, asker('vic')).send(Buffer.alloc(10_000), 1)
    for (let n = 0; n < 6; n++) {
      reading.read()
      vi.advanceTimersByTime(15_000)
    }
    expect(streams.count()).toBe(1)
    streams.close()
  })
})

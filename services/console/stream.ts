// Server-sent events to one page. A page that does not keep up loses frames and is told how many lines were in them: what waits for it
// is bounded. Format: https://html.spec.whatwg.org/multipage/server-sent-events.html
import type { Request, Response } from '../platform/http.ts'
import { Answer } from './route.ts'

/** What may wait for one page, bytes, beside what the sockets of both ends hold. */
export const MOST_WAITING = 256 * 1024
/** Under the 30 s after which impatient balancers cut a silent connection. */
const BEAT_MS = 15_000
const MOST_STREAMS = 500

export type Stream = {
  /** @param lines how many lines are lost with this frame where it cannot be sent */
  send: (frame: Buffer, lines: number) => void
  onClose: (then: () => void) => void
}

export type Streams = { open: (request: Request, response: Response) => Stream; count: () => number; close: () => void }

export const frame = (event: string, data: unknown): Buffer => Buffer.from(`event: ${event}\ndata: ${JSON.stringify(data)}\n\n`)

export function createStreams(): Streams {
  const responses = new Set<Response>()
  const beat = setInterval(() => {
    for (const response of responses) if (response.writableLength === 0) response.write(': \n\n')
  }, BEAT_MS)
  beat.unref()

  function open(request: Request, response: Response): Stream {
    if (responses.size >= MOST_STREAMS)
      throw new Answer(503, 'too_many_pages', `${MOST_STREAMS} live pages are open already: close some`)
    responses.add(response)
    response.once('close', () => responses.delete(response))
    request.socket.setNoDelay(true)
    response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store', 'x-accel-buffering': 'no' })
    response.write('retry: 2000\n\n')
    let lost = 0
    return {
      send(bytes, lines) {
        // A frame alone may be larger: all pages hold the same bytes.
        if (response.writableLength > 0 && response.writableLength + bytes.length > MOST_WAITING) {
          lost += lines
          return
        }
        if (lost > 0) response.write(frame('lost', { lines: lost }))
        lost = 0
        response.write(bytes)
      },
      onClose: (then) => void response.once('close', then),
    }
  }

  return {
    open,
    count: () => responses.size,
    close() {
      clearInterval(beat)
      for (const response of responses) response.end()
    },
  }
}

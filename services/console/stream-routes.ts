// What comes by itself: events of the topic, and news of the services.
import { LEVELS } from '../events/types.ts'
import type { Asker, Route } from './route.ts'
import { Answer, notForViewers, queryInteger, queryText } from './route.ts'
import type { Live } from './live.ts'
import { frame, type Stream, type Streams } from './stream.ts'

const MOST_TYPES = 50

export function streamRoutes(options: {
  streams: Streams
  live: Live
  /** Whoever joins is told the status and every run and audit record from now on. */
  joinUpdates: (stream: Stream) => void
  /** Puts on record that somebody looks at personal data. */
  recordUnmasked: (asker: Asker) => Promise<void>
}): Route[] {
  const { streams, live, joinUpdates, recordUnmasked } = options
  return [
    {
      method: 'get',
      path: '/api/live',
      summary:
        'Events as they arrive, as server-sent events: `events` {events, left_out}, `lost` {lines} where the page is too slow, `following`, `away`. Personal data is masked unless an operator asks otherwise, which is on record',
      access: 'viewer',
      query: {
        type: { type: 'string', description: 'Type codes, comma-separated; all where left out' },
        level: {
          type: 'integer',
          minimum: 0,
          maximum: LEVELS.length - 1,
          default: 0,
          description: `Least level: ${LEVELS.join(', ')}`,
        },
        unmasked: { enum: ['true', 'false'] },
      },
      async handle(request, response, asker) {
        const types = queryText(request, 'type')
          .split(',')
          .map((code) => code.trim())
          .filter(Boolean)
        if (types.length > MOST_TYPES)
          throw new Answer(400, 'wrong_use', `type names more than ${MOST_TYPES} codes`, { more: { field: 'type' } })
        const level = queryInteger(request, 'level', 0, 0, LEVELS.length - 1)
        const unmasked = queryText(request, 'unmasked', ['true', 'false']) === 'true'
        if (unmasked) {
          if (asker.user.role !== 'operator') throw notForViewers()
          await recordUnmasked(asker)
        }
        live.join(streams.open(request, response), { types: types.toSorted(), level, unmasked })
      },
    },
    {
      method: 'get',
      path: '/api/updates',
      summary: 'News, as server-sent events: `status` as GET /api/status answers it, `run` and `audit` for every new one',
      access: 'viewer',
      handle(request, response) {
        const stream = streams.open(request, response)
        stream.send(frame('hello', {}), 0)
        joinUpdates(stream)
      },
    },
  ]
}

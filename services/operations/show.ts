// `show`: events by their places in the topic, as `find` and `tail` tell them: what was masked can be looked at, on record.
import { existingTopics } from '../topics/groups.ts'
import { topicNames } from '../topics/names.ts'
import { openRanges, type ReadRange, type TopicRecord } from '../topics/read.ts'
import { type Operation, quoted, Refusal, WrongUse } from './operation.ts'
import { type ShownEvent, shownEvent } from './shown-event.ts'

const MOST_PLACES = 500
const LIMIT_MS = 30_000
/** Reading a few records in between is faster than a fetch of its own. */
const GAP = 50

export const show: Operation = {
  name: 'show',
  summary: 'events by their places in the topic, with personal data masked',
  role: 'viewer',
  inputs: {
    places: {
      meaning: `partition:offset of each event, comma-separated, at most ${MOST_PLACES}`,
      kind: 'list',
      required: true,
      positional: true,
    },
    unmask: { meaning: 'show personal data', kind: 'boolean', default: false },
  },
  examples: ['auth0-logs show 3:1289', 'auth0-logs show 3:1289,7:40 --unmask'],
  looks: ({ unmask }) => !unmask,
  async run({ client, signal }, { places, unmask }): Promise<{ events: ShownEvent[] }> {
    const rounds = roundsOf(places as string[])
    const topic = topicNames.events(client.settings.prefix)
    if ((await existingTopics(client, [topic])).length === 0)
      throw new Refusal(`no log was received yet: there is no topic ${topic}`)
    const limit = AbortSignal.any([signal, AbortSignal.timeout(LIMIT_MS)])
    const events: ShownEvent[] = []
    const wanted = new Set(places as string[])
    const take = (record: TopicRecord): void => {
      if (wanted.has(`${record.partition}:${record.offset}`)) events.push(shownEvent(record, unmask === true))
    }
    const reader = openRanges(client, 'show', topic)
    try {
      for (const round of rounds) await reader.read(round, take, limit)
    } finally {
      await reader.close()
    }
    return { events }
  },
}

/**
 * A reader takes one range of each partition at a time. Places near each other are one range, so a page of the newest events is one
 * round.
 * @throws WrongUse
 */
export function roundsOf(places: readonly string[]): ReadRange[][] {
  if (places.length === 0 || places.length > MOST_PLACES) throw new WrongUse('places', `must be 1 to ${MOST_PLACES} places`)
  const offsets = new Map<number, Set<number>>()
  for (const place of places) {
    const [partition, offset] = (/^(\d{1,9}):(\d{1,15})$/.exec(place) ?? []).slice(1).map(Number)
    if (offset === undefined) throw new WrongUse('places', `must be partition:offset, not ${quoted(place)}`)
    offsets.set(partition, (offsets.get(partition) ?? new Set()).add(offset))
  }
  const rounds: ReadRange[][] = []
  for (const [partition, own] of offsets) {
    const ranges: ReadRange[] = []
    for (const offset of [...own].toSorted((a, b) => a - b)) {
      const last = ranges.at(-1)
      if (last && offset - last.to <= GAP) last.to = offset + 1
      else ranges.push({ partition, from: offset, to: offset + 1 })
    }
    for (const [i, range] of ranges.entries()) (rounds[i] ??= []).push(range)
  }
  return rounds
}

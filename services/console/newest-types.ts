// The types of the newest events in the topic: what a filter would leave out of them can be told before it is saved.
import { createFilter, type FilterRules } from '../events/filter.ts'
import type { KafkaClient } from '../topics/client.ts'
import { existingTopics, logRanges } from '../topics/groups.ts'
import { topicNames } from '../topics/names.ts'
import { readRanges, type TopicRecord } from '../topics/read.ts'

const MOST = 1_000
/** Looking is worth so long; what has been read by then counts. */
const LIMIT_MS = 5_000
/** A form asks at each key: the same events are good for so long. */
const FRESH_MS = 15_000

/** Of the newest events: how many were looked at, and how many of them the filter leaves out. `since`: when the oldest one came, ISO 8601. */
export type FilterEffect = { looked: number; leftOut: number; since: string }

type Seen = { type: string; at: number }

export function createNewestTypes(client: KafkaClient) {
  const topic = topicNames.events(client.settings.prefix)
  let seen: { askedAt: number; events: Promise<Seen[]> } | undefined

  async function read(): Promise<Seen[]> {
    if ((await existingTopics(client, [topic])).length === 0) return []
    const ranges = await logRanges(client, topic)
    const each = Math.ceil(MOST / ranges.length)
    const newest = ranges.map(({ partition, start, end }) => ({ partition, from: Math.max(start, end - each), to: end }))
    const events: Seen[] = []
    const take = ({ headers, timestamp }: TopicRecord) => void events.push({ type: headers.type ?? '', at: timestamp })
    await readRanges(client, 'types', topic, newest, take, AbortSignal.timeout(LIMIT_MS)).catch((error) => {
      if (events.length === 0) throw error
    })
    return events.toSorted((a, b) => b.at - a.at).slice(0, MOST)
  }

  return {
    /** @throws where Kafka does not answer */
    async effectOf(rules: FilterRules): Promise<FilterEffect> {
      if (!seen || Date.now() - seen.askedAt > FRESH_MS) {
        const asked = { askedAt: Date.now(), events: read() }
        seen = asked
        asked.events.catch(() => seen === asked && (seen = undefined))
      }
      const events = await seen.events
      if (events.length === 0) seen = undefined
      const filter = createFilter(rules)
      const leftOut = filter ? events.filter(({ type }) => filter(type) !== undefined).length : 0
      const oldest = events.at(-1)?.at ?? 0
      return { looked: events.length, leftOut, since: oldest > 0 && oldest < MOST_MS ? new Date(oldest).toISOString() : '' }
    },
  }
}

/** The end of the year 9999: a record may have a timestamp that is no moment. */
const MOST_MS = 253_402_300_799_999

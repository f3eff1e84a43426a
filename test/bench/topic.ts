// The topic of a measurement: filled with different events, and how much of it is stored and accounted for.
import { errorText } from '../../services/platform/errors.ts'
import { sleep } from '../../services/platform/lifecycle.ts'
import type { KafkaClient } from '../../services/topics/client.ts'
import { ensureTopics } from '../../services/topics/create.ts'
import { type Committed, committedOffsets, type LogRange, logRanges } from '../../services/topics/groups.ts'
import { topicNames } from '../../services/topics/names.ts'
import { openProducer, type OutRecord } from '../../services/topics/produce.ts'
import { decodeAccount, toHeaders } from '../../services/topics/records.ts'
import { eventPool, ownDigits, placesOf, writeOwnDigits } from './events.ts'

/** Records handed to the producer at once, which cuts them into requests. */
const SEND_EVENTS = 2_000
const SEND_MS = 20_000

const CREATE_ATTEMPTS = 10
const CREATE_AGAIN_MS = 500

/** Creates the topic as the services do, who try again too: a busy broker may not know at once what it has just created. */
export async function createTopic(client: KafkaClient): Promise<void> {
  for (let left = CREATE_ATTEMPTS; ; await sleep(CREATE_AGAIN_MS)) {
    try {
      return void (await ensureTopics(client, ['events']))
    } catch (error) {
      if (--left === 0) throw error
    }
  }
}

/** Creates the topic and puts `count` events into it, as the ingest would. */
export async function fillTopic(client: KafkaClient, count: number): Promise<void> {
  await createTopic(client)
  const producer = openProducer(client, 'bench')
  const pool = eventPool().map(({ log_id, data }) => {
    const value = Buffer.from(JSON.stringify(data))
    return { id: log_id, value, place: placesOf(value, log_id)[0], headers: toHeaders({ source: 'webhook', type: data.type }) }
  })
  const record = (n: number): OutRecord => {
    const { id, value, place, headers } = pool[n % pool.length]
    const digits = ownDigits(n, 0)
    const copy = Buffer.from(value)
    writeOwnDigits(copy, place, digits)
    return { key: Buffer.from(id.slice(0, -digits.length) + digits), value: copy, headers }
  }
  try {
    for (let n = 0; n < count; n += SEND_EVENTS) {
      const records = Array.from({ length: Math.min(SEND_EVENTS, count - n) }, (_, i) => record(n + i))
      await producer.send(topicNames.events(client.settings.prefix), records, SEND_MS)
    }
  } finally {
    await producer.close()
  }
}

/** Records that the topic holds. */
export async function stored(client: KafkaClient): Promise<number> {
  const ranges = await logRanges(client, topicNames.events(client.settings.prefix))
  return ranges.reduce((sum, { start, end }) => sum + end - start, 0)
}

/**
 * Holds a group's committed accounts against the topic: all is delivered, once, and in each partition
 * end - base = delivered + filtered + duplicates + dead-lettered + expired + lag. Answers what is not so.
 */
export async function accountProblems(client: KafkaClient, group: string, events: number): Promise<string[]> {
  const topic = topicNames.events(client.settings.prefix)
  try {
    return judgeAccounts(await logRanges(client, topic), await committedOffsets(client, group, topic), events)
  } catch (error) {
    return [`the committed accounts of ${group} cannot be read: ${errorText(error)}`]
  }
}

function judgeAccounts(ranges: LogRange[], committed: Committed[], events: number): string[] {
  const sum = { delivered: 0, filtered: 0, duplicates: 0, dead_lettered: 0, expired: 0, lag: 0 }
  const wrong: number[] = []
  for (const { partition, start, end } of ranges) {
    const { offset, metadata } = committed.find((one) => one.partition === partition) ?? { offset: -1, metadata: '' }
    // None where it does not add up to the offset.
    const account = decodeAccount(metadata, offset)
    if (end > start && account?.base !== start) wrong.push(partition)
    sum.lag += end - Math.max(offset, start)
    for (const count of ['delivered', 'filtered', 'duplicates', 'dead_lettered', 'expired'] as const)
      sum[count] += account?.[count] ?? 0
  }
  return [
    ...(wrong.length > 0
      ? [`no account since the beginning that adds up in partitions ${wrong.toSorted((a, b) => a - b).join(', ')}`]
      : []),
    ...(sum.delivered === events ? [] : [`the committed accounts are not ${events} delivered: ${JSON.stringify(sum)}`]),
  ]
}

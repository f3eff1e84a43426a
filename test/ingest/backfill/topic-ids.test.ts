// The ids that the topic holds, in a memory that is too small for all: no partition waits for another, and nothing stands still.
import { expect, inject, onTestFinished, test } from 'vitest'
import { logIdAt } from '../../../services/events/log-id.ts'
import { openTopicIds } from '../../../services/ingest/backfill/topic-ids.ts'
import { ensureTopics } from '../../../services/topics/create.ts'
import { newPrefix, testKafka } from '../../support/kafka.ts'
import { openBroker } from '../../support/plain-kafka.ts'

const IDS = 60_000
const MOST = 8_000
const SPAN_MS = 60 * 60_000

test('more ids than the memory may hold - what is needed is known, the rest waits until it is', { timeout: 60_000 }, async () => {
  const broker = await openBroker(inject('brokers'))
  onTestFinished(() => broker.close())
  const client = testKafka(broker.brokers, newPrefix())
  const { prefix } = client.settings
  await ensureTopics(client, ['events'])
  const fromMs = Date.now() - SPAN_MS
  const timeOf = (n: number) => fromMs + Math.floor((n / IDS) * SPAN_MS)
  const idOf = (n: number) => `${logIdAt(timeOf(n)).slice(0, 44)}${String(n).padStart(12, '0')}`
  const value = 'x'.repeat(500)
  for (let n = 0; n < IDS; n += 2_000) {
    const messages = Array.from({ length: 2_000 }, (_, i) => ({ key: idOf(n + i), value, timestamp: String(timeOf(n + i)) }))
    await broker.producer.send({ topic: prefix, messages })
  }
  const ids = await openTopicIds(client, fromMs, MOST)
  onTestFinished(() => ids.close())
  const { signal } = new AbortController()
  let highest = 0
  for (let n = 0; n < IDS; n += 6_000) {
    await ids.until(timeOf(n + 6_000), signal)
    highest = Math.max(highest, ids.held())
    const missing = Array.from({ length: 6_000 }, (_, i) => idOf(n + i)).filter((id) => !ids.has(Buffer.from(id)))
    expect(missing).toEqual([])
    expect(ids.has(Buffer.from(`${idOf(n).slice(0, 55)}x`))).toBe(false)
    ids.forget(timeOf(n + 6_000) - SPAN_MS / 6)
  }
  // A slice of ten minutes is 10,000 ids; a fetch brings up to 500 of each of 12 partitions beyond the limit.
  expect(highest).toBeLessThan(IDS / 2)
  ids.forget(Date.now())
  expect(ids.held()).toBeLessThan(12_000)
  await expect(ids.until(Date.now(), AbortSignal.abort(new Error('over')))).rejects.toThrow('over')
})

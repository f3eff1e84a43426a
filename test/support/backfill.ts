// The backfill of an ingest in this process, and what came of it, read by clients of its own.
import { expect, onTestFinished } from 'vitest'
import { startIngest } from '../../services/ingest/run.ts'
import { createLifecycle } from '../../services/platform/lifecycle.ts'
import type { Auth0StandIn } from '../../services/sandbox/auth0/start.ts'
import type { Report } from '../../services/topics/records.ts'
import { ingestEnv } from './ingest.ts'
import type { Broker } from './plain-kafka.ts'
import { until } from './wait.ts'

/** An ingest that polls this tenant. */
export const backfillEnv = (
  brokers: string,
  prefix: string,
  auth0: Pick<Auth0StandIn, 'origin' | 'domain' | 'clientId' | 'clientSecret'>,
) => ({
  ...ingestEnv(brokers, prefix),
  BACKFILL: 'poll',
  AUTH0_DOMAIN: auth0.domain,
  AUTH0_CLIENT_ID: auth0.clientId,
  AUTH0_CLIENT_SECRET: auth0.clientSecret,
  AUTH0_API_URL: auth0.origin,
  AUTH0_LOG_RETENTION_DAYS: '30',
  RUN_WINDOW: '1',
})

/** Starts it; it is closed with the test at the latest. */
export async function startPolling(env: Record<string, string>) {
  const failures: Error[] = []
  const lifecycle = createLifecycle((error) => failures.push(error))
  const { port } = await startIngest(env, lifecycle)
  onTestFinished(async () => {
    await lifecycle.close()
    expect(failures).toEqual([])
  })
  return { port, failures, close: () => lifecycle.close() }
}

/** What the main topic holds, kept up to date. */
export async function logsInTopic(broker: Broker, topic: string) {
  const found: { id: string; source: string; value: string }[] = []
  const ready = async () => (await broker.admin((it) => it.listTopics())).includes(topic)
  while (!(await ready())) await new Promise((resolve) => setTimeout(resolve, 50))
  const seen = new Set<string>()
  const reading = await broker.read([topic], ({ partition, message }) => {
    // A reader that joins its group again begins anew.
    if (seen.size === seen.add(`${partition}/${message.offset}`).size) return
    found.push({ id: String(message.key), source: String(message.headers?.source), value: String(message.value) })
  })
  onTestFinished(() => reading.close())
  return {
    records: () => found,
    ids: () => found.map(({ id }) => id),
    sources: () => new Set(found.map(({ source }) => source)),
  }
}

export type Metadata = { v?: number; checkpoint?: string; start_from?: string; term?: number; tick?: string; seen_until?: string }

/** The metadata of the backfill's committed offset. */
export async function metadataOf(broker: Broker, prefix: string): Promise<Metadata> {
  const [{ partitions }] = await broker.admin((it) =>
    it.fetchOffsets({ groupId: `${prefix}.backfill`, topics: [`${prefix}.control`] }),
  )
  const text = partitions.find(({ partition }) => partition === 0)?.metadata
  return text ? (JSON.parse(text) as Metadata) : {}
}

/** The backfill's reports that are in the topic now; none while the topic has no leader. */
export async function reportsOf(broker: Broker, prefix: string): Promise<Report[]> {
  const topic = `${prefix}.reports`
  const [end] = await broker.admin((it) => it.fetchTopicOffsets(topic)).catch(() => [])
  if (!end || end.high === '0') return []
  const found: Report[] = []
  let next = 0
  const reading = await broker.read([topic], ({ message }) => {
    next = Number(message.offset) + 1
    const report = JSON.parse(String(message.value)) as Report
    if (report.service === 'backfill') found.push(report)
  })
  await until(
    'the reports',
    () => next,
    (offset) => offset >= Number(end.high),
  )
  await reading.close()
  return found
}

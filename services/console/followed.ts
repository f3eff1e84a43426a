// Following a topic for as long as the console runs: begins again, where it was, after Kafka was away.
import { errorText } from '../platform/errors.ts'
import { type Lifecycle, sleep } from '../platform/lifecycle.ts'
import type { KafkaClient } from '../topics/client.ts'
import { type ControlRecords, followControl } from '../topics/control.ts'
import { logRanges } from '../topics/groups.ts'
import { topicNames } from '../topics/names.ts'
import { followReports, type Told } from '../topics/reports.ts'

const AGAIN_MS = 2_000

/** What both followers need; `met` resolves when Kafka has been met and the topics are there. */
export type Following = { client: KafkaClient; lifecycle: Pick<Lifecycle, 'signal' | 'onClose'>; met: Promise<void> }

/** Opens what ends only by being lost, again and again until the service closes. @param open resolves when it follows */
async function keepOpen(
  what: string,
  { client: { log }, lifecycle, met }: Following,
  open: (lost: (error: Error) => void) => Promise<{ close: () => Promise<void> }>,
): Promise<void> {
  let current: { close: () => Promise<void> } | undefined
  lifecycle.onClose(what, () => current?.close())
  await met
  while (!lifecycle.signal.aborted) {
    const lost = Promise.withResolvers<void>()
    lifecycle.signal.addEventListener('abort', () => lost.resolve(), { once: true })
    try {
      current = await open(lost.reject)
      if (lifecycle.signal.aborted) return void (await current.close())
      await lost.promise
      return
    } catch (error) {
      if (lifecycle.signal.aborted) return
      log.warn({ error: errorText(error) }, `${what} cannot be read; the console tries again and shows what it knew`)
      await current?.close().catch(() => {})
      current = undefined
      await sleep(AGAIN_MS, lifecycle.signal)
    }
  }
}

/** The newest `most` reports, then every later one. `ready` resolves when the first are read. */
export function followAllReports(
  following: Following,
  take: (told: Told, isNew: boolean) => void,
  most: number,
): { ready: Promise<void> } {
  const { client } = following
  const ready = Promise.withResolvers<void>()
  let next: number | undefined
  let oldEnd = 0
  void keepOpen('the reports', following, async (lost) => {
    const [{ start, end }] = await logRanges(client, topicNames.reports(client.settings.prefix))
    if (next === undefined) oldEnd = end
    const from = Math.max(next ?? end - most, start)
    if (from >= end) ready.resolve()
    const onTold = (told: Told) => {
      next = told.offset + 1
      take(told, told.offset >= oldEnd)
      if (next >= oldEnd) ready.resolve()
    }
    return followReports(client, 'console', onTold, lost, from)
  })
  return { ready: ready.promise }
}

/** What the control topic says now, as long as the console runs. */
export function followAllControl(
  following: Following,
  changed: () => void,
): { records: () => ControlRecords | undefined; ready: Promise<void> } {
  const ready = Promise.withResolvers<void>()
  let records: ControlRecords | undefined
  void keepOpen('the control topic', following, async (lost) => {
    const reading = await followControl(following.client, 'console', () => changed(), lost)
    records = reading.records
    ready.resolve()
    changed()
    return reading
  })
  return { records: () => records, ready: ready.promise }
}

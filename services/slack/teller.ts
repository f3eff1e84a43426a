// From the reports topic to Slack: take a report, post what is news in it, commit. Its state is the committed offset and its metadata;
// what Slack has not taken yet stays in Kafka, so nothing is lost and nothing piles up here.
import { errorText } from '../platform/errors.ts'
import { within } from '../platform/lifecycle.ts'
import type { SlackPoster } from '../platform/slack.ts'
import type { SlackMessage } from '../platform/slack-message.ts'
import type { KafkaClient } from '../topics/client.ts'
import type { Assignment, GroupConsumer, Handlers, KafkaMessage } from '../topics/consume.ts'
import { committedOffsets, logRanges, offsetsAt } from '../topics/groups.ts'
import type { Report } from '../topics/records.ts'
import { parse } from '../topics/reports.ts'
import { type News, takeReport } from './outages.ts'
import { type Daily, decodeState, encodeState, newState, type State } from './state.ts'

/** How long records may wait for Slack before they are given back: less than a rebalance waits. */
const POST_MS = 15_000
/** A group that never committed begins here: older reports are no news. */
const NEWS_MS = 10 * 60_000
const COMMIT_MS = 5_000

/** `offset` is the next report to take, `state` what Slack knows before it. */
type Place = { offset: number; state: State; daily: Daily | undefined }
/** Messages of the reports from the place up to `until` that Slack has not taken yet. */
type Unposted = { until: number; state: State; left: SlackMessage[] }

export type Teller = ReturnType<typeof createTeller>

export function createTeller(options: {
  client: KafkaClient
  group: string
  topic: string
  slack: SlackPoster
  /** What a person reads; may ask Kafka. Must not throw. */
  write: (news: Exclude<News, { kind: 'success' }>) => Promise<SlackMessage>
  /** Successful runs of one service. */
  writeSuccess: (reports: readonly Report[]) => SlackMessage
  /** Whether a successful run is told. */
  tellsSuccess: (service: string) => boolean
  /** Reports of this service are not looked at. */
  own: string
  crashed: (error: Error) => void
  now: () => number
}) {
  const { client, group, topic, slack, write, writeSuccess, tellsSuccess, own, now } = options
  const { log } = client
  let consumer: GroupConsumer | undefined
  let joined = false
  let place: Place | undefined
  let unposted: Unposted | undefined
  /** As this process committed or found it. */
  let committed = { offset: -1, metadata: '' }
  let end = 0
  let isEmpty = false
  let turn: Promise<unknown> = Promise.resolve()

  /** One change of the place at a time. */
  function inTurn<T>(work: () => Promise<T>): Promise<T> {
    const done = turn.then(work)
    turn = done.catch(() => {})
    return done
  }

  async function assigned({ partitions }: Assignment): Promise<Map<number, number>> {
    if (partitions.length === 0) {
      // Another instance has it; this one stands by.
      place = undefined
      unposted = undefined
      joined = true
      return new Map()
    }
    const [[found], [range]] = await Promise.all([committedOffsets(client, group, topic), logRanges(client, topic)])
    const isOurs = place !== undefined && found.offset === committed.offset && found.metadata === committed.metadata
    end = range.end
    isEmpty = range.start >= range.end
    if (!isOurs) {
      unposted = undefined
      committed = { offset: found.offset, metadata: found.metadata }
      const isThere = found.offset >= 0 && found.offset <= range.end
      const recent = isThere ? undefined : (await offsetsAt(client, topic, now() - NEWS_MS)).get(0)
      const offset = Math.max(range.start, isThere ? found.offset : (recent ?? range.end))
      place = { offset, ...(isThere ? decodeState(found.metadata) : { state: newState(), daily: undefined }) }
      log.info({ group, offset, committed: found.offset, daily: place.daily?.date }, 'assigned')
    }
    joined = true
    // One back: a commit is possible only after something was fetched.
    return new Map([[0, Math.max(range.start, Math.min(place!.offset, range.end) - 1)]])
  }

  async function records(messages: KafkaMessage[], highWatermark: number): Promise<number> {
    isEmpty = false
    end = highWatermark
    for (;;) {
      if (!place) return 0
      const from = messages.findIndex(({ offset }) => Number(offset) >= place!.offset)
      if (from < 0) return messages.length
      unposted ??= await nextOf(messages.slice(from), place)
      const hadNews = unposted.left.length > 0
      for (const deadline = Date.now() + POST_MS; unposted.left.length > 0; unposted.left.shift()) {
        if (!(await slack.post(unposted.left[0], Math.max(0, deadline - Date.now())))) return from
      }
      place = { ...place, offset: unposted.until, state: unposted.state }
      unposted = undefined
      if (hadNews) await commit()
    }
  }

  /** The next stretch of reports up to and with the first that has news; successes before it are one message a service. */
  async function nextOf(messages: KafkaMessage[], { offset, state }: Place): Promise<Unposted> {
    const stretch: Unposted = { until: offset, state, left: [] }
    const successes = new Map<string, Report[]>()
    for (const message of messages) {
      const taken = newsOf(message, stretch.state)
      const loud = taken.news.filter((news) => news.kind !== 'success')
      if (loud.length > 0 && successes.size > 0) break
      stretch.state = taken.state
      stretch.until = Number(message.offset) + 1
      for (const news of loud) stretch.left.push(...(await written(() => write(news), message)))
      if (loud.length > 0) return stretch
      for (const { report } of taken.news) {
        if (tellsSuccess(report.service)) successes.set(report.service, [...(successes.get(report.service) ?? []), report])
      }
    }
    for (const reports of successes.values()) stretch.left.push(writeSuccess(reports))
    return stretch
  }

  /** A record that nobody foresaw costs that record: it is left out, and said in the log. */
  function newsOf(message: KafkaMessage, state: State): { state: State; news: News[] } {
    const nothing = { state, news: [] }
    try {
      const report = reportIn(message)
      return report ? takeReport(state, report, now()) : nothing
    } catch (error) {
      leftOut(message, error)
      return nothing
    }
  }

  async function written(work: () => Promise<SlackMessage>, message: KafkaMessage): Promise<SlackMessage[]> {
    try {
      return [await work()]
    } catch (error) {
      leftOut(message, error)
      return []
    }
  }

  function leftOut({ offset }: KafkaMessage, error: unknown): void {
    log.warn({ topic, offset, error: errorText(error) }, 'a report is not understood and skipped: it is not posted to Slack')
  }

  function reportIn({ key, value, offset, timestamp }: KafkaMessage): Report | undefined {
    const record = {
      partition: 0,
      offset: Number(offset),
      key: key?.toString() ?? null,
      value,
      headers: {},
      timestamp: Number(timestamp),
    }
    const told = parse(record)
    return told?.kind === 'report' && told.report.service !== own ? told.report : undefined
  }

  /** What is not committed now is committed by the next tick; until then a crash repeats it. */
  async function commit(): Promise<void> {
    if (!place) return
    const next = { offset: place.offset, metadata: encodeState(place.state, place.daily) }
    if (next.offset === committed.offset && next.metadata === committed.metadata) return
    try {
      const accepted = await within(
        consumer?.commit([{ partition: 0, ...next }]) ?? Promise.resolve(false),
        COMMIT_MS,
        'committing what Slack was told',
      )
      if (accepted) committed = next
    } catch (error) {
      log.warn({ error: errorText(error) }, 'messages posted to Slack are not committed yet; a crash now would repeat them')
    }
  }

  const handlers: Handlers = {
    assigned: (term) => inTurn(() => assigned(term)),
    records: (_, messages, highWatermark) => inTurn(() => records(messages, highWatermark)),
    rebalancing: () => inTurn(commit),
    crashed: options.crashed,
  }
  return {
    handlers,
    attach: (own: GroupConsumer) => {
      consumer = own
    },
    /** Whether the group has given this instance its part, which may be to stand by. */
    joined: () => joined,
    silentForMs: () => consumer?.silentForMs() ?? 0,
    /** Reports that Slack has not been told of. */
    lag: () => (place ? Math.max(0, end - place.offset) : 0),
    /** Undefined where another instance tells. */
    daily: (): { last: Daily | undefined } | undefined => place && { last: place.daily },
    /** Posts a daily report and remembers it. Answers false where that did not happen: try again. */
    tellDaily: (message: SlackMessage, daily: Daily) =>
      inTurn(async () => {
        if (!place || !(await slack.post(message, POST_MS))) return false
        place = { ...place, daily }
        await commit()
        return true
      }),
    commit: () => inTurn(commit),
    /** There is nothing to fetch, and nothing can be committed before something is fetched. */
    isEmpty: () => isEmpty,
    /** After the signal of the lifecycle: what is on its way to Slack ends soon. */
    async close(): Promise<void> {
      await within(inTurn(commit), COMMIT_MS, 'the last commit').catch((error) => log.warn(errorText(error)))
      await consumer?.close()
    },
  }
}

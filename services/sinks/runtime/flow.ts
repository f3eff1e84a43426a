// The way of an event through a sink, in reading order:
// consume, parse, dedupe, filter, redact, encode, batch, deliver, commit, report.
//
// One loop of events, no threads: `records` takes what Kafka offers, `pump` starts deliveries, an outcome settles their events,
// `commit` writes the contiguous beginning of what has ended. A failed batch goes back to the front and waits for `retryAt`.
// Whatever is in memory only can be dropped at any time (`restart`): everything begins again at the commit.
import type { Filter } from '../../events/filter.ts'
import { type Ending, LogEvent } from '../../events/log-event.ts'
import type { Logger } from '../../platform/logger.ts'
import type { CommitOffset, GroupConsumer, Handlers, KafkaMessage, Term } from '../../topics/consume.ts'
import { type Account, type DeadLetter, encodeAccount } from '../../topics/records.ts'
import { backoffMs } from '../../platform/backoff.ts'
import { type Entry, isFull, takeBatch } from './batch.ts'
import type { Connection, Encoded, Limits, Outcome } from './contract.ts'
import { createDedupe, type Dedupe } from './dedupe.ts'
import { add, advance, createLane, hasUnsettled, type Lane, next, nextOf, rewind, skipTo } from './lane.ts'
import { outcomeOfError } from './outcome.ts'
import { createRejections } from './rejections.ts'

/** Limit of one delivery. */
const DELIVERY_MS = 20_000
/** How long a closing flow waits for deliveries under way, and a rebalance too. */
const DRAIN_MS = 4_000
const SETTLE_CHECK_MS = 250
/** After a delivery began, one that is not full waits this long for more: a lone event goes at once, a stream in fewer calls. */
const LINGER_MS = 10
const COMMIT_AGAIN_MS = 1_000
/** Commits begin at least so far apart: each is a write at the broker, and ten a second cost as much as a thousand events. */
const COMMITS_APART_MS = 50
/** Dead letters that may wait for their acknowledgement before no more events are taken. */
const LETTERS_WAITING = 1_000
const LETTERS_REFUSED = 'dead_letter_refused'

export type FlowOptions = {
  limits: Limits
  inFlight: number
  /** Of the topic, all members' together: `perSecond` is shared by them. */
  partitions: number
  filter: Filter | undefined
  /** Undefined where nothing is redacted; answers undefined where it cannot be done. */
  redact: ((value: Buffer) => Buffer | undefined) | undefined
  encode: (event: LogEvent) => Encoded<unknown>
  connection: Connection<unknown>
  /** Where the group stands: asked at each assignment. */
  places: (partitions: number[]) => Promise<Place[]>
  sendDeadLetters: (letters: DeadLetter[]) => Promise<void>
  /** The consumer ended by itself: nothing is consumed any more. */
  crashed: (error: Error) => void
  topic: string
  log: Logger
  watch: Watch
  /** What takes repeats for repeats, of one partition; none for what an operator wishes to be sent again. */
  dedupe?: () => Dedupe
  /** Which records are left out, and why: counted as filtered. */
  leaveOut?: (message: KafkaMessage) => string | undefined
  random?: () => number
}

/** A partition as found at an assignment; `refillFrom` is where the dedupe window is read from, `until` where to stop before. */
export type Place = Pick<Lane, 'partition' | 'account' | 'end'> & { logStart: number; refillFrom: number; until?: number }

/** What a flow tells of itself: to metrics, reports and Slack. */
export type Watch = {
  ended: (event: LogEvent, ending: Ending, reason: string) => void
  expired: (count: number, partition: number) => void
  delivered: (batch: { events: number; bytes: number; attempts: number; durationMs: number }) => void
  retried: (reason: string) => void
  troubled: (trouble: Trouble) => void
  recovered: (trouble: Trouble) => void
}

/** Why nothing is delivered at the moment. */
export type Trouble = { kind: 'retry' | 'hold'; reason: string; message: string; since: number; attempts: number }

type Batch = { entries: Entry[]; attempts: number; firstAt: number; notBefore: number }
type Letter = { event: LogEvent; letter: DeadLetter }
/** Accounts that may be committed from `at` on, if the connection has not broken until then. */
type Settling = { at: number; accounts: [Lane, Account][] }

export type Flow = ReturnType<typeof createFlow>

export function createFlow(options: FlowOptions) {
  const { connection, log, watch, dedupe = createDedupe, random = Math.random } = options
  let { limits, filter } = options
  const lanes = new Map<number, Lane>()
  const rejections = createRejections()
  let consumer: GroupConsumer | undefined
  /** Everything under way belongs to it; a restart aborts it and begins a new one. */
  let work = new AbortController()
  let waiting: Entry[] = []
  let waitingBytes = 0
  let redo: Batch[] = []
  let inFlight = 0
  let settling: Settling[] = []
  let letters: Letter[] = []
  let sendingLetters = false
  let trouble: Trouble | undefined
  let retryAt = 0
  let sendAfter = 0
  let lingerUntil = 0
  let timer: NodeJS.Timeout | undefined
  let timerAt = Number.POSITIVE_INFINITY
  let closing = false
  let wishedPaused = false
  let committing: Promise<void> | undefined
  let commitAfter = 0
  let changed = Promise.withResolvers<void>()

  // ---- consume ----

  async function assigned(term: Term): Promise<Map<number, number>> {
    restart()
    lanes.clear()
    if (term.partitions.length === 0) return new Map()
    const places = await options.places(term.partitions)
    if (term.signal.aborted) return new Map()
    for (const { partition, account, logStart, end, until } of places) {
      const lane = createLane(partition, account, logStart, until, dedupe())
      lane.end = end
      const lost = lane.account.expired - account.expired
      if (lost > 0) watch.expired(lost, partition)
      lanes.set(partition, lane)
    }
    const open = places.filter(({ partition }) => lanes.get(partition)!.from < lanes.get(partition)!.until)
    return new Map(open.map(({ partition, refillFrom }) => [partition, Math.min(refillFrom, lanes.get(partition)!.from)]))
  }

  async function records(partition: number, messages: KafkaMessage[], highWatermark: number): Promise<number> {
    const lane = lanes.get(partition)
    const current = work
    if (!lane || closing) return 0
    lane.end = highWatermark
    for (let i = 0; i < messages.length; i++) {
      while (!hasRoom()) {
        if (trouble || wishedPaused || closing) return i
        await changed.promise
        if (work !== current) return i
      }
      take(lane, messages[i])
    }
    if (lane.position >= lane.until) consumer?.leaveOut(partition)
    pump()
    commitSoon()
    return messages.length
  }

  /** A full delivery may wait while all slots are busy: the next is encoded while the last is being posted, no more. */
  function hasRoom(): boolean {
    const room = () => !isFull(waiting.length, waitingBytes, limits) && letters.length < LETTERS_WAITING
    if (room()) return true
    pump()
    return room()
  }

  // ---- parse, dedupe, filter, redact, encode ----

  function take(lane: Lane, message: KafkaMessage): void {
    const offset = Number(message.offset)
    const receivedAt = Number(message.timestamp)
    const id = message.key?.toString() ?? ''
    const left = options.leaveOut?.(message)
    if (offset < lane.from) return void (id && !left && lane.dedupe.firstOf(id, offset, receivedAt))
    if (offset < lane.position) return
    if (offset >= lane.until) return void skipTo(lane, lane.until, receivedAt)
    const type = message.headers?.type?.toString()
    const event = new LogEvent({ id, type, value: message.value, receivedAt, partition: lane.partition, offset })
    const missing = add(lane, event)
    if (missing > 0) watch.expired(missing, lane.partition)

    if (!event.isEvent) return deadLetter(event, 'parse', 'not_an_event', 'the record is no Auth0 log: no key, or no JSON object')
    if (left) return end(event, 'filtered', left)
    const first = lane.dedupe.firstOf(id, offset, receivedAt)
    if (first !== undefined && first >= lane.account.base && !isAskedFor(message))
      return end(event, 'duplicates', 'repeated_record')
    const rule = filter?.(event.type)
    if (rule) return end(event, 'filtered', rule)
    const value = options.redact ? options.redact(event.value) : event.value
    if (value === undefined)
      return deadLetter(event, 'encode', 'not_redactable', 'REDACT could not be applied: the event stays out of the sink')
    const encoded = options.encode(value === event.value ? event : event.withValue(value))
    event.release()
    if ('unsendable' in encoded)
      return deadLetter(event, 'encode', encoded.unsendable, `the sink cannot take this event: ${encoded.unsendable}`)
    if (encoded.bytes > limits.bytesAnEvent) {
      return deadLetter(event, 'encode', 'event_too_large', `${encoded.bytes} bytes, the limit is ${limits.bytesAnEvent}`)
    }
    waiting.push({ event, item: encoded.item, bytes: encoded.bytes, at: encoded.at })
    waitingBytes += encoded.bytes
  }

  // ---- batch ----

  /** Starts what can be started: dead letters, batches to try again, then new ones. A lone partial batch goes at once. */
  function pump(): void {
    sendLetters()
    const now = Date.now()
    if (closing || now < retryAt) return
    const slots = trouble ? 1 : options.inFlight
    while (inFlight < slots) {
      const batch = redo.length > 0 ? nextRedo(now) : newBatch(now)
      if (!batch) break
      void run(batch)
    }
    if (trouble && inFlight === 0 && redo.length === 0 && letters.length === 0 && !sendingLetters) resumeConsumer()
  }

  /** What failed goes before anything new, each in its own time: no commit passes it, so what came after it would only pile up. */
  function nextRedo(now: number): Batch | undefined {
    const place = redo.findIndex(({ notBefore }) => notBefore <= now)
    if (place >= 0) return redo.splice(place, 1)[0]
    wakeBy(Math.min(...redo.map(({ notBefore }) => notBefore)))
    return undefined
  }

  function newBatch(now: number): Batch | undefined {
    const due = isFull(waiting.length, waitingBytes, limits) || (waiting.length > 0 && inFlight === 0)
    if (!due) return undefined
    if (!isFull(waiting.length, waitingBytes, limits) && now < lingerUntil) return void wakeBy(lingerUntil)
    if (now < sendAfter) return void wakeBy(sendAfter)
    const entries = takeBatch(waiting, limits)
    for (const { bytes } of entries) waitingBytes -= bytes
    if (limits.perSecond !== undefined) {
      const own = (limits.perSecond * lanes.size) / options.partitions
      sendAfter = Math.max(now, sendAfter) + (entries.length / own) * 1000
    }
    lingerUntil = now + LINGER_MS
    notify()
    return { entries, attempts: 0, firstAt: now, notBefore: 0 }
  }

  // ---- deliver ----

  async function run(batch: Batch): Promise<void> {
    const current = work
    const started = performance.now()
    inFlight++
    batch.attempts++
    const outcome = await attempt(batch, current.signal)
    if (work !== current) return // restarted meanwhile: these events begin again at the commit
    inFlight--
    judge(batch, outcome, performance.now() - started)
    pump()
    commitSoon()
  }

  /** One attempt within its time limit; ended early when everything under way is dropped. */
  async function attempt({ entries }: Batch, dropped: AbortSignal): Promise<Outcome> {
    const attempt = new AbortController()
    const abort = () => attempt.abort(dropped.reason)
    const timer = setTimeout(
      () => attempt.abort(new DOMException('no answer within the time limit', 'TimeoutError')),
      DELIVERY_MS,
    )
    dropped.addEventListener('abort', abort, { once: true })
    try {
      const items = entries.map(({ item }) => item)
      return await connection.deliver(items, attempt.signal)
    } catch (error) {
      return outcomeOfError(error)
    } finally {
      clearTimeout(timer)
      dropped.removeEventListener('abort', abort)
    }
  }

  function judge(batch: Batch, outcome: Outcome, durationMs: number): void {
    const { entries, attempts } = batch
    const events = entries.length
    const facts = { events, attempts, duration_ms: Math.round(durationMs), outcome: outcome.kind }
    switch (outcome.kind) {
      case 'delivered':
      case 'partial': {
        const bytes = entries.reduce((sum, entry) => sum + entry.bytes, 0)
        const refused = new Map(outcome.kind === 'partial' ? outcome.refused.map((one) => [one.index, one]) : [])
        log.info({ ...facts, bytes, refused: refused.size }, 'batch')
        watch.delivered({ events: events - refused.size, bytes, attempts, durationMs })
        rejections.delivered(events - refused.size)
        if (trouble?.reason !== LETTERS_REFUSED) recovered()
        for (const [index, { reason, message }] of refused) {
          const { event } = entries[index]
          deadLetter(event, 'deliver', reason, message, batch)
        }
        entries.forEach(({ event }, index) => {
          if (!refused.has(index)) end(event, 'delivered', '')
        })
        return
      }
      case 'rejected': {
        log.warn({ ...facts, reason: outcome.reason, answer: outcome.message }, 'batch')
        if (events > 1) {
          // The same bytes get the same answer: halve until the bad event is alone.
          const half = Math.ceil(events / 2)
          redo.unshift({ ...batch, entries: entries.slice(0, half) }, { ...batch, entries: entries.slice(half) })
          return
        }
        const systemic = rejections.rejected()
        if (systemic) return retry(batch, { kind: 'hold', reason: 'rejections', message: `${systemic}: ${outcome.message}` })
        recovered()
        return deadLetter(entries[0].event, 'deliver', outcome.reason, outcome.message, batch)
      }
      default: {
        log.warn({ ...facts, reason: outcome.reason, answer: outcome.message }, 'batch')
        watch.retried(outcome.reason)
        retry(batch, outcome)
      }
    }
  }

  /** The batch waits at the front for its next attempt; with `settleMs` all that is not settled is read again instead. */
  function retry(batch: Batch | undefined, outcome: Pick<Trouble, 'kind' | 'reason' | 'message'> & { afterMs?: number }): void {
    const { kind, reason, message } = outcome
    const begins = trouble === undefined || trouble.kind !== kind || trouble.reason !== reason
    trouble = { kind, reason, message, since: trouble?.since ?? Date.now(), attempts: (trouble?.attempts ?? 0) + 1 }
    retryAt = Date.now() + backoffMs(trouble.attempts, random(), outcome.afterMs)
    consumer?.pause()
    if (limits.settleMs !== undefined && reason !== LETTERS_REFUSED) startAgain()
    else if (batch) redo.unshift({ ...batch, notBefore: Date.now() + backoffMs(batch.attempts, random(), outcome.afterMs) })
    if (begins) watch.troubled(trouble)
    notify()
    wakeBy(retryAt)
  }

  function recovered(): void {
    if (!trouble) return
    const past = trouble
    trouble = undefined
    retryAt = 0
    watch.recovered(past)
    resumeConsumer()
    notify()
  }

  // ---- dead letter ----

  function deadLetter(event: LogEvent, stage: DeadLetter['stage'], reason: string, error: string, batch?: Batch): void {
    const { partition, offset } = event
    const now = new Date()
    letters.push({
      event,
      letter: {
        logId: event.id,
        value: event.value,
        from: { topic: options.topic, partition, offset },
        stage,
        reason,
        error,
        attempts: batch?.attempts ?? 0,
        firstAt: batch ? new Date(batch.firstAt) : now,
        lastAt: now,
      },
    })
  }

  /** An event counts as dead-lettered when the dead letter is acknowledged; refused, the sink holds and nothing is committed. */
  function sendLetters(): void {
    if (sendingLetters || letters.length === 0 || closing || Date.now() < retryAt) return
    const current = work
    const sent = letters
    sendingLetters = true
    letters = []
    options
      .sendDeadLetters(sent.map(({ letter }) => letter))
      .then(
        () => {
          if (work !== current) return
          for (const { event, letter } of sent) end(event, 'dead_lettered', letter.reason)
          if (trouble?.reason === LETTERS_REFUSED) recovered()
        },
        (error: Error) => {
          if (work !== current) return
          letters.unshift(...sent)
          retry(undefined, { kind: 'hold', reason: LETTERS_REFUSED, message: error.message })
        },
      )
      .finally(() => {
        if (work !== current) return
        sendingLetters = false
        notify()
        pump()
        commitSoon()
      })
  }

  // ---- commit ----

  function end(event: LogEvent, ending: Ending, reason: string): void {
    event.ending = ending
    watch.ended(event, ending, reason)
  }

  /** One commit at a time; what ends meanwhile is in the next. */
  function commitSoon(): void {
    if (committing) return
    if (Date.now() < commitAfter) return wakeBy(commitAfter)
    committing = commit().then((sent) => {
      committing = undefined
      if (sent) wakeBy(commitAfter)
    })
  }

  /** Answers whether there was something to commit. */
  async function commit(): Promise<boolean> {
    const current = work
    const lanesDue = due(Date.now())
    if (lanesDue.length === 0 || !consumer) return false
    const accounts = lanesDue.map(({ ready }) => ready)
    const offsets: CommitOffset[] = lanesDue.map(({ partition, ready }) => ({
      partition,
      offset: nextOf(ready),
      metadata: encodeAccount(ready),
    }))
    commitAfter = Date.now() + COMMITS_APART_MS
    try {
      if (!(await consumer.commit(offsets))) return false
    } catch (error) {
      log.warn(
        { error: (error as Error).message },
        'commit refused; what was delivered since the last one may be delivered again',
      )
      if (work === current) commitAfter = Date.now() + COMMIT_AGAIN_MS
      return true
    }
    // Lanes outlive a rewind, not an assignment.
    for (const [i, lane] of lanesDue.entries()) if (lanes.get(lane.partition) === lane) lane.committed = accounts[i]
    return true
  }

  /**
   * The lanes with something to commit: all that has ended without a gap and, where nothing is acknowledged, has settled.
   * Lanes of this term alone: Kafka would accept a commit for a partition that is another member's by now.
   */
  function due(now: number): Lane[] {
    const all = [...lanes.values()]
    for (const lane of all) advance(lane)
    if (limits.settleMs === undefined) for (const lane of all) lane.ready = { ...lane.account }
    else {
      const moved = all.filter((lane) => next(lane) !== lane.settlingAt)
      for (const lane of moved) lane.settlingAt = next(lane)
      if (moved.length > 0)
        settling.push({ at: now + limits.settleMs, accounts: moved.map((lane) => [lane, { ...lane.account }]) })
      while (settling.length > 0 && settling[0].at <= now)
        for (const [lane, account] of settling.shift()!.accounts) lane.ready = account
      if (settling.length > 0) wakeBy(now + SETTLE_CHECK_MS)
    }
    return all.filter(({ ready, committed }) => nextOf(ready) !== nextOf(committed))
  }

  // ---- time, restart, end ----

  /** Looks again at this time at the latest. */
  function wakeBy(time: number): void {
    if (time >= timerAt) return
    clearTimeout(timer)
    timerAt = time
    timer = setTimeout(wake, Math.max(0, time - Date.now()))
  }

  function wake(): void {
    timerAt = Number.POSITIVE_INFINITY
    if (Date.now() < retryAt) wakeBy(retryAt) // asked first: a timer may be 1 ms early, and time passes while the rest is done
    pump()
    commitSoon()
  }

  /** Drops everything that is in memory only. */
  function restart(): void {
    work.abort()
    work = new AbortController()
    waiting = []
    waitingBytes = 0
    redo = []
    settling = []
    letters = []
    sendingLetters = false
    inFlight = 0
    notify()
  }

  /** Reads again from the commits on. */
  function startAgain(): void {
    restart()
    for (const lane of lanes.values()) rewind(lane)
    consumer?.seek(new Map([...lanes.values()].map((lane) => [lane.partition, lane.position])))
  }

  function notify(): void {
    changed.resolve()
    changed = Promise.withResolvers()
  }

  function resumeConsumer(): void {
    if (!wishedPaused && consumer?.paused()) consumer.resume()
  }

  /** Lets deliveries under way finish and settle, starts no new ones, commits what has ended. Bounded. */
  async function drain(limitMs: number): Promise<void> {
    const until = Date.now() + limitMs
    while ((inFlight > 0 || sendingLetters) && Date.now() < until) await Promise.race([changed.promise, pause(20)])
    await committing
    await commit()
    const last = settling.at(-1)
    if (last) await pause(last.at - Date.now() + 1)
    await committing
    await commit()
  }

  const handlers: Handlers = {
    assigned,
    records,
    rebalancing: async () => {
      waiting = []
      waitingBytes = 0
      redo = []
      await drain(DRAIN_MS)
    },
    crashed: options.crashed,
  }

  return {
    handlers,
    /** Hands in the consumer that the handlers serve. */
    attach(started: GroupConsumer): void {
      closing = false
      consumer = started
      if (wishedPaused) consumer.pause()
    },
    /** What an operator may change while it runs; counts from the next event on. */
    change(next: Pick<FlowOptions, 'limits' | 'filter'>): void {
      ;({ limits, filter } = next)
    },
    /** The operator's wish; trouble pauses by itself. */
    setPaused(paused: boolean): void {
      wishedPaused = paused
      notify()
      if (paused) consumer?.pause()
      else if (!trouble) resumeConsumer()
    },
    /** The connection broke while nothing was being delivered: what had not settled is sent again. */
    broke(message: string): void {
      if (limits.settleMs === undefined || !lanes.values().some(hasUnsettled)) return
      if (!closing) return retry(undefined, { kind: 'retry', reason: 'connection_reset', message })
      settling = []
      for (const lane of lanes.values()) rewind(lane)
    },
    /** The group moved on while this was paused: known ends of the log. */
    heard(ends: Map<number, number>): void {
      for (const lane of lanes.values()) lane.end = Math.max(lane.end, ends.get(lane.partition) ?? 0)
    },
    lanes: () => [...lanes.values()],
    trouble: () => trouble,
    /** Takes nothing more, brings home and commits what is under way. Bounded. The consumer may leave its group then. */
    async bringHome(): Promise<void> {
      closing = true
      consumer?.pause()
      notify()
      await drain(DRAIN_MS)
      clearTimeout(timer)
      timerAt = Number.POSITIVE_INFINITY
      restart()
    },
  }
}

/** What an operator sent for is delivered, however often it came before. */
const isAskedFor = ({ headers }: KafkaMessage) => headers?.source?.toString() === 'job'

const pause = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms))

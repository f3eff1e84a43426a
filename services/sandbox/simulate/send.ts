// A webhook log stream as Auth0 runs it: makes events, posts them in bodies at a rate, repeats or loses some on demand.
import { sleep } from '../../platform/lifecycle.ts'
import { type BodyFormat, encodeBody } from './body.ts'
import { type Random, realisticEvent, type SimulatedEvent } from './events.ts'
import { createTarget, type PostTarget, postUntilTaken } from './post.ts'

export type SendOptions = {
  /** The ingest, e.g. `http://127.0.0.1:8080/logs`. */
  url: string | URL
  /** The whole Authorization value. */
  token: string
  /** Events to make; Infinity: until the signal. */
  count: number
  /** Events a second; as fast as they are taken when not given. */
  rate?: number
  /** Events a body, default 100. */
  perBody?: number
  format?: BodyFormat
  /** Bodies under way at once, default 4. */
  concurrency?: number
  /** Share of bodies posted a second time (0 to 1), as at-least-once delivery does. */
  repeat?: number
  /** Share of events never posted (0 to 1), as a stream that loses does. */
  lose?: number
  /** After that many milliseconds what is not yet taken is given up, default 600,000. */
  limitMs?: number
  /** Ends it early: the answers that are under way are waited for, what is refused is given up. */
  signal?: AbortSignal
  /** Begins nothing more: what has been posted is posted again until it is taken. */
  end?: AbortSignal
  random?: Random
  /** Each event that is about to be posted for the first time. */
  onSent?: (event: SimulatedEvent) => void
  /** Each event that is not posted because of `lose`. */
  onLost?: (event: SimulatedEvent) => void
  /** After each answer, with what has been reached so far; `problem` is the last refusal while there is one. */
  onProgress?: (result: SendResult, problem?: string) => void
}

export type SendResult = {
  /** Events posted, repeats included. */
  sent: number
  /** Of these: those that the ingest said it accepted and those it set aside; the others were given up. */
  accepted: number
  quarantined: number
  /** Events posted a second time on purpose. */
  repeated: number
  /** Events never posted on purpose. */
  lost: number
  /** Attempts that failed and were made again. */
  retries: number
  seconds: number
  /** Events accepted a second. */
  rate: number
}

const LIMIT_MS = 600_000

/** One call of `send`. `stop`: post nothing more; `limit`: the time is up. */
type Run = { options: SendOptions; target: PostTarget; result: SendResult; stop: AbortSignal; limit: AbortSignal }

/** Sends until all is taken, the time is up or the signal comes. Rejects only for a wrong `url`. */
export async function send(options: SendOptions): Promise<SendResult> {
  const { count, rate, perBody = 100, concurrency = 4, random = Math.random } = options
  const target = createTarget(new URL(options.url), options.token, concurrency)
  const limit = AbortSignal.timeout(Math.ceil(options.limitMs ?? LIMIT_MS))
  const stop = options.signal ? AbortSignal.any([options.signal, limit]) : limit
  const end = options.end ? AbortSignal.any([options.end, stop]) : stop
  const result: SendResult = { sent: 0, accepted: 0, quarantined: 0, repeated: 0, lost: 0, retries: 0, seconds: 0, rate: 0 }
  const run: Run = { options, target, result, stop, limit }
  const started = performance.now()
  let made = 0

  /** Each worker takes the next events in turn; the k-th event is due k/rate seconds after the start. */
  async function work(): Promise<void> {
    while (made < count && !end.aborted) {
      const first = made
      made = Math.min(count, made + perBody)
      const last = made
      const waitMs = rate === undefined ? 0 : started + ((last - 1) / rate) * 1_000 - performance.now()
      if (waitMs > 0) await sleep(waitMs, end)
      if (end.aborted) return
      const events = makeEvents(run, first, last)
      if (events.length === 0) continue
      const body = encodeBody(events, options.format ?? 'JSONLINES')
      await deliver(run, body, events.length)
      if (options.repeat !== undefined && random() < options.repeat && !stop.aborted) {
        result.repeated += events.length
        await deliver(run, body, events.length)
      }
    }
  }

  await Promise.all(Array.from({ length: concurrency }, work))
  target.agent.destroy()
  result.seconds = (performance.now() - started) / 1_000
  result.rate = result.seconds > 0 ? result.accepted / result.seconds : 0
  return result
}

/** Events `first` to before `last`, without those that get lost. */
function makeEvents({ options, result }: Run, first: number, last: number): SimulatedEvent[] {
  const { random = Math.random, lose = 0, onSent, onLost } = options
  const now = Date.now()
  const events: SimulatedEvent[] = []
  for (let n = first; n < last; n++) {
    const event = realisticEvent(n, now, random)
    const isLost = lose > 0 && random() < lose
    if (isLost) result.lost++
    else events.push(event)
    ;(isLost ? onLost : onSent)?.(event)
  }
  return events
}

async function deliver({ options, target, result, stop, limit }: Run, body: Buffer, events: number): Promise<void> {
  result.sent += events
  const taken = await postUntilTaken(target, body, stop, limit, (problem) => {
    result.retries++
    options.onProgress?.(result, problem)
  })
  result.accepted += taken?.accepted ?? 0
  result.quarantined += taken?.quarantined ?? 0
  options.onProgress?.(result)
}

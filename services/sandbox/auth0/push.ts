// The tenant's log stream: posts its logs to a webhook as Auth0 would, and loses and repeats as many as it is told to.
import { categoryOfType } from './categories.ts'
import type { LogData, LogStore, Row } from './logs-store.ts'
import { obfuscated } from './pii.ts'
import type { LogStream } from './streams.ts'
import { sleep } from '../../platform/lifecycle.ts'
import { type BodyFormat, encodeBody } from '../simulate/body.ts'
import { createTarget, type PostTarget, postUntilTaken } from '../simulate/post.ts'

export type PushOptions = {
  /** Id of the log stream whose filters, pii_config and sink hold; the tenant's first when not given, none when it has none. */
  stream?: string
  /** The webhook; the stream's httpEndpoint when not given. Unlike that one it may be http. */
  url?: string | URL
  /** The whole Authorization value; the stream's httpAuthorization when not given. */
  token?: string
  /** The stream's when not given, else JSONLINES. */
  format?: BodyFormat
  /** Logs in one body, default 100. */
  batch?: number
  /** Shares (0 to 1) of the logs that are never posted, and that are posted twice. Which ones: the seed and their ids alone decide. */
  lose?: number
  repeat?: number
  seed?: number
  /** Goes on with what is appended (not what is filled in) until this is aborted; without it, what is held now is all. */
  follow?: AbortSignal
  /** What is not taken after that many milliseconds is given up, default 60,000; with `follow` they count from its end. */
  limitMs?: number
}

/** Ids of what the tenant held: each is in exactly one of `sent`, `lost`, `filtered`, `givenUp`; `repeated` are sent ones. */
export type Pushed = {
  sent: string[]
  /** Posted twice, on purpose. */
  repeated: string[]
  /** Never posted, on purpose. */
  lost: string[]
  /** Left out by the stream's filters or its startFrom. */
  filtered: string[]
  givenUp: string[]
  /** What the webhook said, repeats included. */
  accepted: number
  quarantined: number
  /** Attempts that failed and were made again. */
  retries: number
}

const BATCH = 100
const LIMIT_MS = 60_000
const IDLE_MS = 20

/** One call of `push`. */
type Run = { store: LogStore; options: PushOptions; target: PostTarget; limit: AbortSignal; pushed: Pushed }

/**
 * Posts in the order of the ids, one body after the other; each until it is taken. A stream that is not active posts nothing: with
 * `follow` it waits until it is.
 * @param streams the tenant's, the first one first; asked again before each body
 * @param closing ends it at once: what is not yet taken is given up
 * @throws when there is no address or no such stream
 */
export async function push(
  store: LogStore,
  streams: () => LogStream[],
  options: PushOptions,
  closing: AbortSignal,
): Promise<Pushed> {
  const { follow, batch = BATCH } = options
  const pushed: Pushed = { sent: [], repeated: [], lost: [], filtered: [], givenUp: [], accepted: 0, quarantined: 0, retries: 0 }
  const target = targetOf(streamOf(streams(), options.stream), options)
  const waiting = store.slice(0, store.size())
  const unlisten = follow && store.listen((rows) => waiting.push(...rows))
  const { limit, end } = limitOf(options, closing)
  const isFollowing = () => follow?.aborted === false && !limit.aborted
  try {
    while (waiting.length > 0 || isFollowing()) {
      const stream = streamOf(streams(), options.stream)
      const isActive = stream === undefined || stream.status === 'active'
      if (isActive && waiting.length > 0) {
        await pushRows({ store, options, target, limit, pushed }, waiting.splice(0, batch), stream)
      } else if (isFollowing()) await sleep(IDLE_MS, limit)
      else break
    }
  } finally {
    unlisten?.()
    end()
    target.agent.destroy()
  }
  return pushed
}

/** The end of all trying: `limitMs` from now, or from when the following ends, or when the stand-in closes. */
function limitOf({ limitMs = LIMIT_MS, follow }: PushOptions, closing: AbortSignal): { limit: AbortSignal; end: () => void } {
  const late = new AbortController()
  let timer: NodeJS.Timeout | undefined
  const start = () => void (timer = setTimeout(() => late.abort(), limitMs))
  if (follow && !follow.aborted) follow.addEventListener('abort', start, { once: true })
  else start()
  const end = () => {
    follow?.removeEventListener('abort', start)
    clearTimeout(timer)
  }
  return { limit: AbortSignal.any([late.signal, closing]), end }
}

async function pushRows(run: Run, rows: Row[], stream: LogStream | undefined): Promise<void> {
  const { store, options, pushed } = run
  const { lose = 0, repeat = 0, seed = 1 } = options
  const format = options.format ?? stream?.sink.httpContentFormat ?? 'JSONLINES'
  const events: Wrapped[] = []
  for (const row of rows) {
    const data = store.data(row)
    const { log_id } = data
    if (!isWanted(row, data.type, stream)) pushed.filtered.push(log_id)
    else if (share(`lose ${seed} ${log_id}`) < lose) pushed.lost.push(log_id)
    else events.push({ log_id, data: obfuscated(data, stream?.pii_config) })
  }
  const isTaken = await post(run, events, format)
  ;(isTaken ? pushed.sent : pushed.givenUp).push(...idsOf(events))
  const again = isTaken ? events.filter(({ log_id }) => share(`repeat ${seed} ${log_id}`) < repeat) : []
  if (await post(run, again, format)) pushed.repeated.push(...idsOf(again))
}

type Wrapped = { log_id: string; data: LogData }
const idsOf = (events: readonly Wrapped[]) => events.map(({ log_id }) => log_id)

/** Whether the webhook took it. Nothing to post is nothing to refuse. */
async function post({ target, limit, pushed }: Run, events: Wrapped[], format: BodyFormat): Promise<boolean> {
  if (events.length === 0) return true
  const taken = await postUntilTaken(target, encodeBody(events, format), limit, limit, () => void pushed.retries++)
  pushed.accepted += taken?.accepted ?? 0
  pushed.quarantined += taken?.quarantined ?? 0
  return taken !== undefined
}

/** https://auth0.com/docs/secure/security-center/prioritized-log-streams */
const PRIORITY_TYPES = new Set(
  'limit_mu limit_sul limit_wc pwd_leak ublkdu signup_pwd_leak reset_pwd_leak gd_send_sms'.split(' '),
)

/** No filters, or an empty list, let everything through. */
function isWanted({ at }: Row, type: string, stream: LogStream | undefined): boolean {
  if (stream?.startFrom !== undefined && at < Date.parse(stream.startFrom)) return false
  if (stream?.isPriority && !PRIORITY_TYPES.has(type)) return false
  return !stream?.filters?.length || stream.filters.some(({ name }) => name === categoryOfType(type))
}

function streamOf(streams: LogStream[], id: string | undefined): LogStream | undefined {
  if (id === undefined) return streams[0]
  const stream = streams.find((known) => known.id === id)
  if (!stream) throw new Error(`the tenant has no log stream ${id}`)
  return stream
}

function targetOf(stream: LogStream | undefined, { url, token }: PushOptions): PostTarget {
  const address = url ?? stream?.sink.httpEndpoint
  if (address === undefined) throw new Error('there is no webhook: give a url, or make a log stream with one')
  const { httpAuthorization = '', httpContentType = 'application/json', httpCustomHeaders = [] } = stream?.sink ?? {}
  const own = Object.fromEntries(httpCustomHeaders.map(({ header, value }) => [header, value]))
  return createTarget(new URL(address), token ?? httpAuthorization, 1, { 'content-type': httpContentType, ...own })
}

/** A number from 0 to below 1 that the text alone decides (FNV-1a, then mixed). */
function share(text: string): number {
  let hash = 0x811c9dc5
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193)
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  return ((hash ^ (hash >>> 16)) >>> 0) / 4_294_967_296
}

// The tenant's Management API through the `auth0` package: one token, one attempt a call, every failure an Auth0Problem.
// https://auth0.com/docs/api/management/v2
import { AsyncLocalStorage } from 'node:async_hooks'
import type { Management, ManagementClient } from 'auth0'
import type { Auth0Settings } from './fields.ts'
import { type Answer, Auth0Problem, judge, noList } from './problem.ts'
import { type RateLimit, readRateLimit } from './rate.ts'

const CALL_SECONDS = 20
/** A page is 100 logs at most; more than this is no answer of the API. */
const MOST_BYTES = 64 * 1024 * 1024

/** A page of logs as it came: the bytes of the JSON array. `next` is the id to ask from after it, as the Link header tells. */
export type Page = { bytes: Buffer; next: string | undefined; rate: RateLimit | undefined }

/** A webhook stream: what the API tells of it, with what every webhook stream has. */
export type HttpStream = Management.LogStreamHttpResponseSchema & { id: string; sink: Management.LogStreamHttpSink }
/** What a stream is to be. */
export type StreamSettings = Pick<Management.CreateLogStreamHttpRequestBody, 'isPriority' | 'filters' | 'pii_config'> & {
  name: string
  sink: Management.LogStreamHttpSink
}

/** `sink` as a whole, for it is replaced. A suspended stream is one that Auth0 stopped: nobody can make it so. */
export type StreamChanges = Partial<StreamSettings> & { status?: 'active' | 'paused' }

/** Every call @throws Auth0Problem, and the signal's reason when it is aborted. */
export type Auth0 = {
  /** Logs after `from`, oldest first. */
  logs: (from: string, take: number, signal: AbortSignal) => Promise<Page>
  /** The oldest log that the tenant still holds, undefined where there is none. */
  oldest: (signal: AbortSignal) => Promise<string | undefined>
  /** The tenant's webhook streams. */
  httpStreams: (signal: AbortSignal) => Promise<HttpStream[]>
  createStream: (settings: StreamSettings & { startFrom?: string }, signal: AbortSignal) => Promise<HttpStream>
  updateStream: (id: string, changes: StreamChanges, signal: AbortSignal) => Promise<HttpStream>
}

/** The package is loaded here: an ingest without backfill does without. */
export async function openAuth0({ domain, clientId, clientSecret, apiUrl }: Auth0Settings): Promise<Auth0> {
  const { ManagementClient } = await import('auth0')
  let client: ManagementClient | undefined
  /** Calls may be under way side by side: each keeps its own last answer. */
  const calls = new AsyncLocalStorage<{ answer?: Answer }>()

  /** Aims at AUTH0_API_URL and keeps the bytes: numbers beyond 2^53 would not survive being parsed and written again. */
  const fetchKept: typeof fetch = async (input, init) => {
    const asked = new URL(input instanceof Request ? input.url : input)
    const url = apiUrl ? new URL(asked.pathname + asked.search, apiUrl) : asked
    const call = calls.getStore()
    if (call) call.answer = undefined // the one before was the token's: it is not the answer to this request, and secret
    const response = await fetch(url, init)
    const { status, headers } = response
    const bytes = await bytesOf(response)
    if (call) call.answer = { path: asked.pathname, status, headers, bytes }
    return new Response(bytes.length === 0 ? null : new Uint8Array(bytes), { status, headers })
  }

  /** @param scope what the call takes, for the words of a 403 */
  async function call<T>(
    scope: string,
    work: (client: ManagementClient) => PromiseLike<T>,
  ): Promise<{ result: T; answer: Answer }> {
    for (let attempt = 1; ; attempt++) {
      const kept: { answer?: Answer } = {}
      client ??= new ManagementClient({
        domain,
        clientId,
        clientSecret,
        fetch: fetchKept,
        maxRetries: 0,
        timeoutInSeconds: CALL_SECONDS,
      })
      try {
        const opened = client
        const result = await calls.run(kept, () => work(opened))
        if (!kept.answer) throw new Error('the call ended without an answer')
        return { result, answer: kept.answer }
      } catch (error) {
        const refused = kept.answer
        // The package keeps a token that was revoked: again with a new one.
        const isToken = refused?.status === 401 && !refused.path.endsWith('/oauth/token')
        if (isToken) client = undefined
        if (!isToken || attempt === 2) throw judge(refused, error, scope, Date.now())
      }
    }
  }
  const options = (signal: AbortSignal) => ({ maxRetries: 0, timeoutInSeconds: CALL_SECONDS, abortSignal: signal })
  /** `list` would drop `from` and `take`: they travel as further query parameters, its own are switched off by null. */
  const none = { page: null, per_page: null, include_totals: null } as const

  return {
    async logs(from, take, signal) {
      const { answer } = await call('read:logs', (it) =>
        it.logs.list(none as never, { ...options(signal), queryParams: { from, take } }),
      )
      listOf(answer)
      return { bytes: answer.bytes, next: fromOfLink(answer.headers.get('link')), rate: readRateLimit(answer.headers) }
    },
    async oldest(signal) {
      const ask = { page: 0, per_page: 1, sort: 'date:1', include_totals: false } as const
      const { answer } = await call('read:logs', (it) => it.logs.list(ask as never, options(signal)))
      const [first] = listOf(answer) as { log_id?: unknown }[]
      return typeof first?.log_id === 'string' ? first.log_id : undefined
    },
    async httpStreams(signal) {
      const { answer } = await call('read:log_streams', (it) => it.logStreams.list(options(signal)))
      return listOf(answer).filter(isHttpStream)
    },
    async createStream(settings, signal) {
      const { answer } = await call('create:log_streams', (it) =>
        it.logStreams.create({ type: 'http', ...settings }, options(signal)),
      )
      return streamOf(answer)
    },
    async updateStream(id, changes, signal) {
      const { answer } = await call('update:log_streams', (it) => it.logStreams.update(id, changes, options(signal)))
      return streamOf(answer)
    },
  }
}

/** @throws when it is larger than any answer of the API */
async function bytesOf(response: Response): Promise<Buffer> {
  const chunks: Uint8Array[] = []
  let length = 0
  for await (const chunk of response.body ?? []) {
    length += chunk.length
    if (length > MOST_BYTES) throw new Error(`the answer is larger than ${MOST_BYTES} bytes`)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

function listOf(answer: Answer): unknown[] {
  const list = parsed(answer)
  if (!Array.isArray(list)) throw noList(answer)
  return list
}

function streamOf(answer: Answer): HttpStream {
  const stream = parsed(answer)
  if (!isHttpStream(stream))
    throw new Auth0Problem('away', `Auth0 answered ${answer.status} to a log stream, but not with the stream`)
  return stream
}

function parsed({ bytes }: Answer): unknown {
  try {
    return JSON.parse(bytes.toString())
  } catch {
    return undefined
  }
}

function isHttpStream(stream: unknown): stream is HttpStream {
  const { id, type, sink } = (stream ?? {}) as Partial<Record<'id' | 'type' | 'sink', unknown>>
  return type === 'http' && typeof id === 'string' && typeof sink === 'object' && sink !== null
}

function fromOfLink(link: string | null): string | undefined {
  const url = /<([^>]+)>;\s*rel="?next"?/.exec(link ?? '')?.[1]
  return url === undefined ? undefined : (URL.parse(url, 'https://auth0.invalid')?.searchParams.get('from') ?? undefined)
}

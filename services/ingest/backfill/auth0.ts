// The tenant's Management API through the `auth0` package: one token, one attempt a call, every failure named with its patience.
// https://auth0.com/docs/api/management/v2/logs/get-logs
import { AsyncLocalStorage } from 'node:async_hooks'
import type { Management, ManagementClient } from 'auth0'
import { errorText } from '../../platform/errors.ts'
import { readRateLimit, type RateLimit } from './rate.ts'

const CALL_SECONDS = 20
const TEXT_SHOWN = 500

export type Auth0Settings = { domain: string; clientId: string; clientSecret: string; apiUrl: string }

/** A page of logs as it came: the bytes of the JSON array. `next` is the id to ask from after it, as the Link header tells. */
export type Page = { bytes: Buffer; next: string | undefined; rate: RateLimit | undefined }

/** `away`: try again. `limited`: after `afterMs`. `denied`: a person must mend it. `unknown_from`: the API does not take this id. */
export type Patience = 'away' | 'limited' | 'denied' | 'unknown_from'

export class Auth0Problem extends Error {
  override name = 'Auth0Problem'
  readonly patience: Patience
  readonly afterMs: number
  constructor(patience: Patience, message: string, afterMs = 0) {
    super(message)
    this.patience = patience
    this.afterMs = afterMs
  }
}

export type Auth0 = {
  /** Logs after `from`, oldest first. @throws Auth0Problem */
  logs: (from: string, take: number, signal: AbortSignal) => Promise<Page>
  /** The oldest log that the tenant still holds, undefined where there is none. @throws Auth0Problem */
  oldest: (signal: AbortSignal) => Promise<string | undefined>
  /** The tenant's log streams. @throws Auth0Problem */
  streams: (signal: AbortSignal) => Promise<Management.LogStreamResponseSchema[]>
}

/** What was answered to a call, for its judgement. */
type Answer = { path: string; status: number; headers: Headers; bytes: Buffer }

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
    const response = await fetch(url, init)
    const bytes = Buffer.from(await response.arrayBuffer())
    const call = calls.getStore()
    if (call) call.answer = { path: asked.pathname, status: response.status, headers: response.headers, bytes }
    return new Response(response.status === 204 ? null : new Uint8Array(bytes), {
      status: response.status,
      headers: response.headers,
    })
  }

  async function call<T>(work: (client: ManagementClient) => Promise<T>): Promise<{ result: T; answer: Answer }> {
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
        return { result, answer: kept.answer! }
      } catch (error) {
        const refused = kept.answer
        // The package keeps a token that was revoked: once more with a new one.
        const isToken = refused?.status === 401 && !isTokenCall(refused)
        if (isToken) client = undefined
        if (!isToken || attempt === 2) throw judge(refused, error)
      }
    }
  }
  const options = (signal: AbortSignal) => ({ maxRetries: 0, timeoutInSeconds: CALL_SECONDS, abortSignal: signal })
  /** `list` would drop `from` and `take`: they travel as further query parameters, its own are switched off by null. */
  const none = { page: null, per_page: null, include_totals: null } as const

  return {
    async logs(from, take, signal) {
      const { answer } = await call((client) =>
        client.logs.list(none as never, { ...options(signal), queryParams: { from, take } }),
      )
      return { bytes: answer.bytes, next: fromOfLink(answer.headers.get('link')), rate: readRateLimit(answer.headers) }
    },
    async oldest(signal) {
      const ask = { page: 0, per_page: 1, sort: 'date:1', include_totals: false } as const
      const { answer } = await call((client) => client.logs.list(ask as never, options(signal)))
      const [first] = JSON.parse(answer.bytes.toString()) as { log_id?: string }[]
      return first?.log_id
    },
    async streams(signal) {
      const { result } = await call((client) => client.logStreams.list(options(signal)))
      return [...result]
    },
  }
}

const isTokenCall = ({ path }: Answer) => path.endsWith('/oauth/token')

function fromOfLink(link: string | null): string | undefined {
  const url = /<([^>]+)>;\s*rel="?next"?/.exec(link ?? '')?.[1]
  return url === undefined ? undefined : (new URL(url, 'https://auth0.invalid').searchParams.get('from') ?? undefined)
}

function judge(answer: Answer | undefined, error: unknown): Auth0Problem {
  if (!answer || answer.status < 400) return new Auth0Problem('away', `Auth0 does not answer: ${errorText(error)}`)
  const { status, headers } = answer
  const text = `Auth0 answered ${status}: ${wordsOf(answer)}`
  if (isTokenCall(answer) && status >= 400 && status < 500 && status !== 429)
    return new Auth0Problem('denied', `${text}. Check AUTH0_DOMAIN, AUTH0_CLIENT_ID and AUTH0_CLIENT_SECRET`)
  if (status === 429) {
    const reset = (readRateLimit(headers)?.resetMs ?? 0) - Date.now()
    return new Auth0Problem('limited', text, Math.max(1_000, Number(headers.get('retry-after') ?? 0) * 1_000, reset))
  }
  if (status === 401) return new Auth0Problem('denied', text)
  if (status === 403)
    return new Auth0Problem(
      'denied',
      `${text}. Grant the application the scope that is missing (read:logs, for reconcile read:log_streams too)`,
    )
  if (status === 400) return new Auth0Problem('unknown_from', text)
  return new Auth0Problem('away', text)
}

function wordsOf({ bytes }: Answer): string {
  try {
    const { message, error_description: description, error } = JSON.parse(bytes.toString()) as Record<string, unknown>
    return String(message ?? description ?? error).slice(0, TEXT_SHOWN)
  } catch {
    return bytes.toString().slice(0, TEXT_SHOWN)
  }
}

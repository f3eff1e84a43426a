// What an answer of the Management API means when it is not the one that was asked for: in words, and with the patience it takes. Pure.
import { errorText } from '../platform/errors.ts'
import { LONGEST_RETRY_AFTER_MS, retryAfterMs } from '../platform/http-answers.ts'
import { readRateLimit } from './rate.ts'

/** As it was received. `path` without the query. */
export type Answer = { path: string; status: number; headers: Headers; bytes: Buffer }

/**
 * `away`: try again. `limited`: try again after `afterMs`. `denied`: a person must change something first.
 * `refused`: these very parameters are not taken; for a page of logs that is a `from` which has expired.
 */
export type Patience = 'away' | 'limited' | 'denied' | 'refused'

export class Auth0Problem extends Error {
  override name = 'Auth0Problem'
  readonly patience: Patience
  /** Milliseconds; 0 where nothing was asked for. */
  readonly afterMs: number
  constructor(patience: Patience, message: string, afterMs = 0) {
    super(message)
    this.patience = patience
    this.afterMs = afterMs
  }
}

/** After a 429 nothing is asked sooner than this, whatever the answer says. */
export const LEAST_AFTER_LIMIT_MS = 1_000
const TEXT_SHOWN = 300

/** An answer that should be a list of the API's and is something else: a maintenance page, a proxy's login, an error with status 200. */
export function noList({ status, bytes }: Answer): Auth0Problem {
  const text = beginningOf(bytes)
  return new Auth0Problem('away', `Auth0 answered ${status}, but no JSON list: ${text === '' ? 'an empty body' : text}`)
}

/**
 * @param answer undefined where none came @param scope what the call takes, for a 403 that does not say it
 * @param now epoch milliseconds
 */
export function judge(answer: Answer | undefined, error: unknown, scope: string, now: number): Auth0Problem {
  if (!answer) return new Auth0Problem('away', `Auth0 does not answer: ${errorText(error)}`)
  const { status, headers, path } = answer
  // Not the body of a good answer: the token's is a secret.
  if (status < 400) return new Auth0Problem('away', `Auth0 answered ${status}, but not as it should: ${errorText(error)}`)
  const text = `Auth0 answered ${status}: ${wordsOf(answer)}`
  if (status === 429) {
    const reset = (readRateLimit(headers)?.resetMs ?? 0) - now
    const asked = Math.max(LEAST_AFTER_LIMIT_MS, retryAfterMs(headers.get('retry-after'), now) ?? 0, reset)
    return new Auth0Problem('limited', text, Math.min(LONGEST_RETRY_AFTER_MS, asked))
  }
  if (status === 401 || (path.endsWith('/oauth/token') && status < 500 && status !== 408))
    return new Auth0Problem('denied', `${text}. Check AUTH0_DOMAIN, AUTH0_CLIENT_ID and AUTH0_CLIENT_SECRET`)
  if (status === 403)
    return new Auth0Problem(
      'denied',
      `${text}. Grant the application the scope ${neededScope(answer) ?? scope} for the Management API`,
    )
  // A proxy's own 400 is a page; only the API itself can say that it does not take a parameter.
  return new Auth0Problem(status === 400 && objectOf(answer) ? 'refused' : 'away', text)
}

/** `insufficient_scope` comes with the scopes in its words: "Insufficient scope, expected any of: read:logs". */
function neededScope(answer: Answer): string | undefined {
  return /expected any of: ([\w:, ]+)/.exec(wordsOf(answer))?.[1]
}

function wordsOf(answer: Answer): string {
  const { message, error_description: description, error } = objectOf(answer) ?? {}
  const words = [message, description, error].find((text) => typeof text === 'string' && text !== '')
  return (words as string | undefined)?.slice(0, TEXT_SHOWN) ?? beginningOf(answer.bytes)
}

function objectOf({ bytes }: Answer): Record<string, unknown> | undefined {
  try {
    const read: unknown = JSON.parse(bytes.toString())
    return typeof read === 'object' && read !== null && !Array.isArray(read) ? (read as Record<string, unknown>) : undefined
  } catch {
    return undefined
  }
}

const beginningOf = (bytes: Buffer) =>
  bytes
    .subarray(0, 4 * TEXT_SHOWN)
    .toString()
    .replaceAll(/\s+/g, ' ')
    .trim()
    .slice(0, TEXT_SHOWN)

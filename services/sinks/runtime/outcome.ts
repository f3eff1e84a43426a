// What a vendor's answer means: one table for every sink that speaks HTTP, and what a broken connection means for all. Pure.
import { errorText } from '../../platform/errors.ts'
import { retryAfterMs } from '../../platform/http-answers.ts'
import type { Fields, Settings } from '../../platform/settings.ts'
import type { Connection, Outcome } from './contract.ts'
import type { HttpAnswer } from './http.ts'
import { formsOfSecret, plainText, vendorWords } from './words.ts'

/**
 * 408, 425, 429, 5xx: retry, after Retry-After. 400, 413, 422: rejected. Everything else: hold. So is a 2xx here: that something
 * answered is not yet the vendor's word that it took the events, and who knows that word asks here only where it was not given.
 */
export function outcomeOfStatus(status: number, message: string, retryAfter?: string | null, now = Date.now()): Outcome {
  const reason = `http_${status}`
  if (status === 408 || status === 425 || status === 429 || status >= 500) {
    return { kind: 'retry', reason, message, afterMs: retryAfterMs(retryAfter, now) }
  }
  if (status === 400 || status === 413 || status === 422) return { kind: 'rejected', reason, message }
  return { kind: 'hold', reason, message }
}

/** An answer that is not the vendor's word: judged by its status, told in its own words (as long as they are, see `discreet`). */
export function outcomeOfAnswer(answer: HttpAnswer): Outcome {
  return outcomeOfStatus(answer.status, wordsOfAnswer(answer), answer.headers['retry-after'])
}

/** `HTTP 403: Access denied by policy: ticket 4711`; a redirect says where to. */
export function wordsOfAnswer({ status, headers, body }: HttpAnswer): string {
  const to = headers.location ? `to ${headers.location}` : ''
  const words = [to, plainText(body.toString())].filter((part) => part !== '').join('; ')
  return words === '' ? `HTTP ${status}` : `HTTP ${status}: ${words}`
}

/** Certificates that do not verify, hosts that speak no TLS (EPROTO in the words of https): a person must fix that. */
const BAD_TLS =
  /^(CERT_|ERR_TLS_CERT|ERR_SSL_|UNABLE_TO_|DEPTH_ZERO_SELF_SIGNED_CERT|SELF_SIGNED_CERT_IN_CHAIN|ERR_OSSL)|^(HOSTNAME_MISMATCH|EPROTO)$/

/** A delivery that ended in an error: broken connections, time-outs and whatever nobody foresaw are tried again; bad TLS is held. */
export function outcomeOfError(error: unknown): Outcome {
  const code = codeOf(error)
  const message = errorText(error)
  if (BAD_TLS.test(code)) return { kind: 'hold', reason: 'bad_tls', message }
  if (code === 'ERR_PROXY_TUNNEL') return outcomeOfProxy(error as { statusCode?: number }, message)
  const name = (error as Error)?.name
  // The AWS SDK names resets TimeoutError too: their code tells.
  if (name === 'AbortError' || (name === 'TimeoutError' && code === '')) {
    return { kind: 'retry', reason: 'timeout', message: 'no answer within the time limit' }
  }
  return { kind: 'retry', reason: code ? code.toLowerCase() : 'unexpected', message }
}

/** The proxy would not let us through, in words that hold its status line: that says nothing about the events, so never rejected. */
function outcomeOfProxy({ statusCode = 0 }: { statusCode?: number }, message: string): Outcome {
  const { kind } = outcomeOfStatus(statusCode, message)
  return { kind: kind === 'retry' ? 'retry' : 'hold', reason: `proxy_${statusCode}`, message }
}

function codeOf(error: unknown): string {
  const { code, cause } = (error ?? {}) as { code?: unknown; cause?: unknown }
  if (typeof code === 'string') return code
  return cause ? codeOf(cause) : ''
}

/** What may be told of a text: at most 1 KB, and none of the sink's secrets. */
export function discreetWords<F extends Fields>(fields: F, settings: Partial<Settings<F>>): (text: string) => string {
  const secrets = Object.entries(fields).flatMap(([key, { secret }]) => {
    const value: unknown = settings[key]
    return secret && typeof value === 'string' ? formsOfSecret(value) : []
  })
  return (text) => vendorWords(text, secrets)
}

/**
 * The same connection, of which nothing comes but what may be told: every outcome's and error's words are cut to 1 KB and hold
 * none of the sink's secrets, and whatever `deliver` throws is an outcome.
 */
export function discreet<Item, F extends Fields>(
  connection: Connection<Item>,
  fields: F,
  settings: Partial<Settings<F>>,
): Connection<Item> {
  const words = discreetWords(fields, settings)
  return {
    ...connection,
    async deliver(items, signal) {
      const outcome = await connection.deliver(items, signal).catch(outcomeOfError)
      if (outcome.kind === 'delivered') return outcome
      if (outcome.kind !== 'partial') return { ...outcome, message: words(outcome.message) }
      return { ...outcome, refused: outcome.refused.map((one) => ({ ...one, message: words(one.message) })) }
    },
    check: () =>
      connection.check().catch((error: unknown) => {
        throw new Error(words(errorText(error)))
      }),
  }
}

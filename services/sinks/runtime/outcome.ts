// What a vendor's answer means: one table for every sink that speaks HTTP, and what a broken connection means for all. Pure.
import { errorText } from '../../platform/errors.ts'
import type { Outcome } from './contract.ts'

/** The table of the README's "How an answer is judged": by status, for vendors whose status tells. */
export function outcomeOfStatus(status: number, message: string, retryAfter?: string | null, now = Date.now()): Outcome {
  const reason = `http_${status}`
  if (status >= 200 && status < 300) return { kind: 'delivered' }
  if (status === 408 || status === 425 || status === 429 || status >= 500) {
    return { kind: 'retry', reason, message, afterMs: retryAfterMs(retryAfter, now) }
  }
  if (status === 400 || status === 413 || status === 422) return { kind: 'rejected', reason, message }
  return { kind: 'hold', reason, message }
}

/** `Retry-After` in milliseconds: seconds or an HTTP date; undefined where it says neither. */
export function retryAfterMs(header: string | null | undefined, now: number): number | undefined {
  if (!header) return undefined
  if (/^\d+(\.\d+)?$/.test(header.trim())) return Number(header) * 1000
  const date = Date.parse(header)
  return Number.isNaN(date) ? undefined : Math.max(0, date - now)
}

/** Certificates that do not verify, hosts that speak no TLS (EPROTO in the words of https): a person must mend that. */
const BAD_TLS =
  /^(CERT_|ERR_TLS_CERT|ERR_SSL_|UNABLE_TO_|DEPTH_ZERO_SELF_SIGNED_CERT|SELF_SIGNED_CERT_IN_CHAIN|ERR_OSSL)|^(HOSTNAME_MISMATCH|EPROTO)$/

/** A delivery that ended in an error: broken connections, time-outs and whatever nobody foresaw are tried again; bad TLS is held. */
export function outcomeOfError(error: unknown): Outcome {
  const code = codeOf(error)
  const message = errorText(error)
  if (BAD_TLS.test(code)) return { kind: 'hold', reason: 'bad_tls', message }
  const name = (error as Error)?.name
  // The AWS SDK names resets TimeoutError too: their code tells.
  if (name === 'AbortError' || (name === 'TimeoutError' && code === '')) {
    return { kind: 'retry', reason: 'timeout', message: 'no answer within the time limit' }
  }
  return { kind: 'retry', reason: code ? code.toLowerCase() : 'unexpected', message }
}

function codeOf(error: unknown): string {
  const { code, cause } = (error ?? {}) as { code?: unknown; cause?: unknown }
  if (typeof code === 'string') return code
  return cause ? codeOf(cause) : ''
}

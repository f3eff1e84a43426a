// What the control API can have the stand-in for Auth0 do: `POST /control/auth0/<action>`.
import { planNames } from './bucket.ts'
import type { Auth0StandIn } from './contract.ts'
import type { Setup } from './tenant.ts'
import { bodyFormats } from '../simulate/body.ts'
import { isObject } from '../vendor-http.ts'

type Input = Record<string, unknown>
type Controlled = Pick<Auth0StandIn, 'append' | 'fill' | 'change' | 'expireTokens' | 'sendWebhook' | 'size'>

const MOST_AT_ONCE = 1_000_000

/**
 * `append {"count":1000, "late":3000}` or `{"events":[{"type":"fp"}]}` · `fill {"count":500000, "from":"2026-01-01T00:00:00Z"}` ·
 * `change {"plan":"free", "retentionDays":1, …}` · `expire-tokens` · `send-webhook {"url":…, "token":…, "lose":0.03}`.
 */
export function auth0Actions(auth0: Controlled): Record<string, (input: Input) => object | Promise<object>> {
  return {
    append(input) {
      const { events } = input
      if (events !== undefined && !(Array.isArray(events) && events.every(isObject)))
        throw new Error('events must be a list of objects')
      const what = (events as Input[] | undefined) ?? wholeNumber(input, 'count', 1)
      const ids = auth0.append(what, { late: wholeNumber(input, 'late', 0) })
      return { appended: ids.length, first: ids.at(0), last: ids.at(-1), held: auth0.size() }
    },
    fill(input) {
      const asked = { count: wholeNumber(input, 'count', 1_000), from: time(input, 'from'), to: time(input, 'to') }
      auth0.fill(asked)
      return { held: auth0.size() }
    },
    change(input) {
      auth0.change(setupChanges(input))
      return { changed: Object.keys(input) }
    },
    'expire-tokens'() {
      auth0.expireTokens()
      return { expired: true }
    },
    async 'send-webhook'(input) {
      const { url, token, stream, format } = input as Record<string, string | undefined>
      const known = bodyFormats.find((name) => name === format)
      if (format !== undefined && !known) throw new Error(`format must be one of ${bodyFormats.join(', ')}`)
      if (url !== undefined && !URL.canParse(url)) throw new Error('url must be an http or https address')
      const shares = { lose: share(input, 'lose'), repeat: share(input, 'repeat') }
      const batch = wholeNumber(input, 'batch', 100) || 1
      const pushed = await auth0.sendWebhook({ url, token, stream, format: known, batch, ...shares, limitMs: 10_000 })
      const { sent, repeated, lost, filtered, givenUp, ...counts } = pushed
      const shown = { sent: sent.length, repeated: repeated.length, filtered: filtered.length, givenUp: givenUp.length }
      return { ...shown, lost: lost.length, ...counts, lostIds: lost.slice(0, 100) }
    },
  }
}

function setupChanges(input: Input): Partial<Setup> {
  const { plan, scopes, expiredFrom, ...rest } = input
  const numbers = ['tokenSeconds', 'retentionDays', 'latencyMs'] as const
  const unknown = Object.keys(rest).find((name) => !numbers.includes(name as (typeof numbers)[number]))
  if (unknown) throw new Error(`${unknown} cannot be changed, only plan, scopes, expiredFrom, ${numbers.join(', ')}`)
  const known = planNames.find((name) => name === plan)
  if (plan !== undefined && !known) throw new Error(`plan must be one of ${planNames.join(', ')}`)
  if (scopes !== undefined && !(Array.isArray(scopes) && scopes.every((scope) => typeof scope === 'string'))) {
    throw new Error('scopes must be a list of texts')
  }
  if (expiredFrom !== undefined && expiredFrom !== 'positional' && expiredFrom !== '400') {
    throw new Error('expiredFrom must be positional or 400')
  }
  const given = numbers.filter((name) => rest[name] !== undefined).map((name) => [name, wholeNumber(rest, name, 0)])
  return { plan: known, scopes: scopes as string[] | undefined, expiredFrom, ...Object.fromEntries(given) }
}

function wholeNumber(input: Input, name: string, ifAbsent: number): number {
  const value = input[name] ?? ifAbsent
  if (typeof value === 'number' && Number.isInteger(value) && value >= 0 && (name !== 'count' || value <= MOST_AT_ONCE))
    return value
  throw new Error(`${name} must be a whole number of 0 or more${name === 'count' ? `, at most ${MOST_AT_ONCE}` : ''}`)
}

function share(input: Input, name: string): number {
  const value = input[name] ?? 0
  if (typeof value === 'number' && value >= 0 && value <= 1) return value
  throw new Error(`${name} must be from 0 to 1`)
}

/** ISO 8601 or milliseconds since the epoch. */
function time(input: Input, name: string): number | undefined {
  const value = input[name]
  if (value === undefined) return undefined
  const ms = typeof value === 'number' ? value : Date.parse(String(value))
  if (Number.isNaN(ms)) throw new Error(`${name} must be a time, as 2026-01-31T12:00:00Z`)
  return ms
}

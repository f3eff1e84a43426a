// Posting to a Slack incoming webhook: one message a second, nothing given up, nothing blocked.
// https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks · https://docs.slack.dev/apis/web-api/rate-limits
import { type FetchFunction, IncomingWebhook, IncomingWebhookHTTPError } from '@slack/webhook'
import { backoffMs } from './backoff.ts'
import { errorText } from './errors.ts'
import { retryAfterMs } from './http-answers.ts'
import { sleep } from './lifecycle.ts'
import type { Logger } from './logger.ts'
import { text } from './settings.ts'
import { type SlackMessage, withoutSecrets } from './slack-message.ts'

/** "1 per second", with short bursts that nobody promises. */
const SPACING_MS = 1_000
const ATTEMPT_MS = 10_000
/** What is on its way when the service closes may still arrive: cut, it would come again after the next start. */
const LAST_ATTEMPT_MS = 2_000
const MAX_ANSWER = 300

/** The row of the webhook's address, for every service that posts. Both names of the original are read. */
export const webhookField = (meaning: string, options: { required?: boolean } = {}) =>
  text('SLACK_INCOMING_WEBHOOK', meaning, {
    ...options,
    also: ['SLACK_INCOMING_WEBHOOK_URL'],
    secret: true,
    check: (url) =>
      /^https?:$/.test(URL.parse(url)?.protocol ?? '')
        ? undefined
        : 'must be an address such as https://hooks.slack.com/services/…',
  })

/** Why a message is not there yet. `reason` is snake_case, `answer` Slack's own words. */
export type PostTrouble = { reason: string; answer: string; since: number; attempts: number }

export type SlackPoster = {
  /**
   * Posts, one message at a time in the order of the calls, and goes on trying until it is taken.
   * Answers false when that did not happen within `limitMs`, or the service closes: call again, with the same message.
   */
  post: (message: SlackMessage, limitMs: number) => Promise<boolean>
  /** Milliseconds until the next attempt may be made: by the rate, `Retry-After` or back-off. */
  waitMs: () => number
  /** Since the first refusal, until a message is taken. */
  trouble: () => PostTrouble | undefined
}

export type PostWatch = { posted: () => void; refused: (reason: string) => void }

/** @param signal aborted when the service closes: nothing waits any longer */
export function openSlack(options: { url: string; log: Logger; signal: AbortSignal; watch?: PostWatch }): SlackPoster {
  const { url, log, signal, watch } = options
  const closing = new AbortController()
  signal.addEventListener('abort', () => setTimeout(() => closing.abort(), LAST_ATTEMPT_MS).unref(), { once: true })
  let retryAfter: string | null = null
  // The package's errors leave the headers out: its fetch is the place where Retry-After can be seen.
  const fetchSeen: FetchFunction = async (address, init) => {
    const signals = [closing.signal, ...(init?.signal ? [init.signal] : [])]
    const response = await fetch(address, { ...init, signal: AbortSignal.any(signals) })
    retryAfter = response.headers.get('retry-after')
    return response
  }
  const webhook = new IncomingWebhook(url, { timeout: ATTEMPT_MS, retryConfig: { retries: 0 }, fetch: fetchSeen })
  const plainly = new WeakSet<SlackMessage>()
  let turn: Promise<unknown> = Promise.resolve()
  let readyAt = 0
  let trouble: PostTrouble | undefined

  async function attempt(message: SlackMessage): Promise<boolean> {
    const began = performance.now()
    retryAfter = null
    const facts = () => ({
      title: message.attachments[0]?.text,
      to: message.username,
      attempts: (trouble?.attempts ?? 0) + 1,
      duration_ms: Math.round(performance.now() - began),
    })
    try {
      await webhook.send(plainly.has(message) ? plain(message) : message)
      // From the answer on: what was long on its way must not be followed too closely.
      readyAt = Date.now() + SPACING_MS
      log.info({ ...facts(), outcome: 'delivered' }, 'message')
      trouble = undefined
      watch?.posted()
      return true
    } catch (error) {
      const { reason, answer } = refusal(error, url)
      const asked = retryAfterMs(retryAfter, Date.now())
      trouble = { reason, answer, since: trouble?.since ?? Date.now(), attempts: (trouble?.attempts ?? 0) + 1 }
      const waitMs = Math.max(SPACING_MS, backoffMs(trouble.attempts, Math.random(), asked))
      readyAt = Date.now() + waitMs
      // The same bytes get the same answer: the next attempt says it without attachments.
      if (reason === 'http_400') plainly.add(message)
      log.warn({ ...facts(), outcome: 'retry', reason, answer, retry_in_ms: waitMs, hint: hintFor(reason) }, 'message')
      watch?.refused(reason)
      return false
    }
  }

  async function postInTurn(message: SlackMessage, deadline: number): Promise<boolean> {
    for (;;) {
      await sleep(Math.max(0, Math.min(readyAt, deadline) - Date.now()), signal)
      if (signal.aborted || readyAt > Date.now() + 5) return false
      if (await attempt(message)) return true
    }
  }

  return {
    post(message, limitMs) {
      const deadline = Date.now() + limitMs
      const posting = turn.then(() => postInTurn(message, deadline))
      turn = posting
      return posting
    },
    waitMs: () => Math.max(0, readyAt - Date.now()),
    trouble: () => trouble,
  }
}

/** All of it in the text that every message may have. */
function plain({ username, icon_emoji, text, attachments }: SlackMessage): Omit<SlackMessage, 'attachments'> {
  return { username, icon_emoji, text: `${attachments[0]?.text ?? ''}: ${text}` }
}

function refusal(error: unknown, url: string): { reason: string; answer: string } {
  const words = (answer: string) => withoutSecrets(answer, [url, URL.parse(url)?.pathname ?? '']).slice(0, MAX_ANSWER)
  if (error instanceof IncomingWebhookHTTPError) {
    return { reason: `http_${error.statusCode}`, answer: words(error.body || error.message) }
  }
  const code = codeOf(error)
  return { reason: code === '' ? 'no_answer' : code.toLowerCase(), answer: words(errorText((error as Error).cause ?? error)) }
}

function codeOf(error: unknown): string {
  const { code, cause } = (error ?? {}) as { code?: unknown; cause?: unknown }
  if (cause) return codeOf(cause)
  return typeof code === 'string' ? code : ''
}

/** https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks#handling_errors */
function hintFor(reason: string): string {
  if (reason === 'http_429') return 'Slack takes one message a second; it is sent again when Slack asked for it'
  if (/^http_(401|403|404|410)$/.test(reason)) return 'the webhook is not valid any more: set a new SLACK_INCOMING_WEBHOOK'
  return 'no message is lost: it is kept and sent again'
}

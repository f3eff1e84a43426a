// A stand-in for a Slack incoming webhook.
// https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks · https://docs.slack.dev/apis/web-api/rate-limits
import { httpFaults } from '../faults.ts'
import { createRecorder, type Recorder } from '../received.ts'
import type { StandIn, StandInOptions } from '../stand-in.ts'
import { type Answer, type Call, isObject, parseJson, serveVendor } from '../vendor-http.ts'

export type SlackOptions = StandInOptions & {
  /** Messages let through at once before the rate holds. Slack says "short bursts" and no number. */
  burst?: number
}

export const MESSAGES_PER_SECOND = 1
/** https://docs.slack.dev/reference/block-kit/blocks/section-block */
export const SECTION_TEXT_LIMIT = 3_000
/** https://docs.slack.dev/reference/block-kit/blocks */
export const BLOCKS_LIMIT = 50
const BURST = 3

const answer = (status: number, body: string, headers?: Record<string, string>): Answer => ({ status, body, headers })

const faultAnswers = {
  429: answer(429, 'rate_limited', { 'retry-after': '1' }),
  500: answer(500, 'rollup_error'),
  503: answer(503, 'service_unavailable'),
  401: answer(401, 'invalid_auth'),
  403: answer(403, 'invalid_token'),
}

/** Starts a Slack webhook on 127.0.0.1, at any path. A message's id is its number, its text all that a person would read. */
export async function start(options: SlackOptions = {}): Promise<StandIn> {
  const recorder = createRecorder(options)
  const bucket = createBucket(options.burst ?? BURST)
  return serveVendor(
    {
      name: 'slack',
      faults: httpFaults,
      contentType: 'application/json',
      answer: (call) => answerCall(call, bucket, recorder),
      refuse: (fault) => faultAnswers[fault],
      forget: bucket.reset,
    },
    recorder,
    options,
  )
}

function answerCall(call: Call, bucket: Bucket, recorder: Recorder): Answer {
  if (call.request.method !== 'POST') return answer(405, 'method_not_allowed')
  const waitSeconds = bucket.take(Date.now())
  if (waitSeconds > 0) {
    recorder.count('rate_limited')
    return answer(429, 'rate_limited', { 'retry-after': String(waitSeconds) })
  }
  const message = parseJson(call.body)
  const problem = messageProblem(message)
  if (problem !== undefined || !isObject(message)) {
    recorder.count('rejected')
    return answer(400, problem ?? 'invalid_payload')
  }
  const event = { id: String(recorder.received.total + 1), time: Date.now(), text: texts(message).join('\n'), fields: message }
  if (call.rejects(() => [event])) return answer(400, 'invalid_payload')
  recorder.take(
    call.body.length,
    () => event.id,
    () => event,
  )
  return answer(200, 'ok')
}

function messageProblem(message: unknown): string | undefined {
  if (!isObject(message)) return 'invalid_payload'
  const { text, blocks, attachments } = message
  if (blocks !== undefined && !areBlocks(blocks)) return 'invalid_blocks'
  if (attachments !== undefined && !Array.isArray(attachments)) return 'invalid_attachments'
  for (const attachment of (attachments as unknown[] | undefined) ?? []) {
    if (!isObject(attachment) || (attachment.blocks !== undefined && !areBlocks(attachment.blocks))) return 'invalid_attachments'
  }
  const hasText = typeof text === 'string' && text !== ''
  const hasMore = [blocks, attachments].some((list) => Array.isArray(list) && list.length > 0)
  return hasText || hasMore ? undefined : 'no_text'
}

function areBlocks(blocks: unknown): boolean {
  return Array.isArray(blocks) && blocks.length <= BLOCKS_LIMIT && blocks.every(isBlock)
}

function isBlock(block: unknown): boolean {
  if (!isObject(block) || typeof block.type !== 'string') return false
  if (block.type !== 'section') return true
  const { text, fields } = block
  if (text === undefined) return Array.isArray(fields) && fields.length > 0
  return isObject(text) && typeof text.text === 'string' && text.text !== '' && text.text.length <= SECTION_TEXT_LIMIT
}

/** Every `text` that is a string, and the `title`, `pretext` and `value` of classic attachments, from the outside in. */
function texts(value: unknown): string[] {
  if (Array.isArray(value)) return value.flatMap(texts)
  if (!isObject(value)) return []
  return Object.entries(value).flatMap(([key, inner]) =>
    typeof inner === 'string' ? (['text', 'title', 'pretext', 'value'].includes(key) ? [inner] : []) : texts(inner),
  )
}

type Bucket = { take: (now: number) => number; reset: () => void }

/** One token a second up to `burst`; `take` answers 0, or after how many seconds to come again. */
function createBucket(burst: number): Bucket {
  let tokens = burst
  let at: number | undefined
  return {
    take(now) {
      tokens = Math.min(burst, tokens + ((now - (at ?? now)) / 1_000) * MESSAGES_PER_SECOND)
      at = now
      if (tokens < 1) return Math.max(1, Math.ceil((1 - tokens) / MESSAGES_PER_SECOND))
      tokens -= 1
      return 0
    },
    reset() {
      tokens = burst
    },
  }
}

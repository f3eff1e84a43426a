// POST /v1/batch, one attempt: the form is Segment's own library's, transport and what an answer means are ours.
import { errorText } from '../../platform/errors.ts'
import { retryAfterMs } from '../../platform/http-answers.ts'
import type { Settings } from '../../platform/settings.ts'
import type { Connection, Outcome } from '../runtime/contract.ts'
import { createHttpClient, type HttpAnswer } from '../runtime/http.ts'
import { discreet, outcomeOfAnswer, wordsOfAnswer } from '../runtime/outcome.ts'
import { type TrackCall, writeForm } from './form.ts'
import { fields } from './settings.ts'

const CHECK_MS = 10_000
/** Never tried again by the vendor's rules though 5xx: https://segment.com/docs/connections/sources/catalog/libraries/server/node/ */
const NOT_AGAIN = new Set([501, 505, 511])
/** Tried again by the vendor's rules though 4xx. */
const AGAIN = new Set([410, 460])

export async function connect(settings: Settings<typeof fields>): Promise<Connection<TrackCall>> {
  const { url, method, headers, body } = await writeForm(settings)
  const target = new URL(url)
  const http = createHttpClient()

  function post(calls: TrackCall[], signal: AbortSignal): Promise<HttpAnswer> {
    const bytes = body(calls)
    return http.send(target, { method, headers: { ...headers, 'Content-Length': bytes.length }, body: bytes, signal })
  }

  return discreet(
    {
      deliver: async (calls, signal) => judge(await post(calls, signal)),
      /** Segment has no call that tells whether a write key is right; an empty batch tells whether it is Segment who answers. */
      async check() {
        const answer = await post([], AbortSignal.timeout(CHECK_MS)).catch((error: unknown) => {
          throw new Error(`${target.origin}: ${errorText(error)}; check SEGMENT_HOST`)
        })
        // Whether an empty batch is a good one does not matter here.
        if (isTaken(answer) || (answer.status === 400 && saidBySegment(answer) === false)) return
        const words = wordsOfAnswer(answer)
        throw new Error(`${target.origin} answered ${answer.status}: check SEGMENT_KEY and SEGMENT_HOST (${words})`)
      },
      close: async () => http.close(),
    },
    fields,
    settings,
  )
}

function judge(answer: HttpAnswer): Outcome {
  if (isTaken(answer)) return { kind: 'delivered' }
  const { status, headers } = answer
  const told = { reason: `http_${status}`, message: wordsOfAnswer(answer) }
  if (AGAIN.has(status)) return { kind: 'retry', ...told, afterMs: retryAfterMs(headers['retry-after'], Date.now()) }
  if (NOT_AGAIN.has(status)) return { kind: 'hold', ...told }
  return outcomeOfAnswer(answer)
}

/** A login page, another service or `{"success":false}` may come with 2xx too: Segment has taken a batch where it says so. */
const isTaken = (answer: HttpAnswer) => answer.status >= 200 && answer.status < 300 && saidBySegment(answer) === true

/** `success` of Segment's answer: https://segment.com/docs/connections/sources/catalog/libraries/server/http-api/#errors */
function saidBySegment({ body }: HttpAnswer): unknown {
  try {
    return (JSON.parse(body.toString()) as { success?: unknown } | null)?.success
  } catch {
    return undefined
  }
}

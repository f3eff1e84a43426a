// POST /v1/batch, one attempt: the form is Segment's own library's, transport and what an answer means are ours.
import { retryAfterMs } from '../../platform/http-answers.ts'
import type { Settings } from '../../platform/settings.ts'
import type { Connection, Outcome } from '../runtime/contract.ts'
import type { HttpAnswer } from '../runtime/http.ts'
import { connectHttpPost, isSuccess, memberOfAnswer } from '../runtime/http-post.ts'
import { wordsOfAnswer } from '../runtime/outcome.ts'
import { type TrackCall, writeForm } from './form.ts'
import { fields } from './settings.ts'

/** Never tried again by the vendor's rules though 5xx: https://segment.com/docs/connections/sources/catalog/libraries/server/node/ */
const NOT_AGAIN = new Set([501, 505, 511])
/** Tried again by the vendor's rules though 4xx. */
const AGAIN = new Set([410, 460])

/** @throws where the library's form is not understood */
export async function connect(settings: Settings<typeof fields>): Promise<Connection<TrackCall>> {
  return connectHttpPost({
    fields,
    settings,
    ...(await writeForm(settings)),
    isTaken,
    judge,
    // No call tells whether a write key is right: an empty batch tells whether it is Segment who answers, whether it takes that or not.
    mayWrite: (answer) => isTaken(answer) || (answer.status === 400 && saidBySegment(answer) === false),
    named: { address: 'SEGMENT_HOST', access: 'SEGMENT_KEY' },
  })
}

function judge(answer: HttpAnswer): Outcome | undefined {
  const { status, headers } = answer
  if (!AGAIN.has(status) && !NOT_AGAIN.has(status)) return undefined
  const told = { reason: `http_${status}`, message: wordsOfAnswer(answer) }
  return AGAIN.has(status)
    ? { kind: 'retry', ...told, afterMs: retryAfterMs(headers['retry-after'], Date.now()) }
    : { kind: 'hold', ...told }
}

/** A login page, another service or `{"success":false}` may come with 2xx too: Segment has taken a batch where it says so. */
const isTaken = (answer: HttpAnswer) => isSuccess(answer) && saidBySegment(answer) === true

/** https://segment.com/docs/connections/sources/catalog/libraries/server/http-api/#errors */
const saidBySegment = (answer: HttpAnswer) => memberOfAnswer(answer, 'success')

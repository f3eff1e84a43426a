// What an answer of CloudWatch Logs means: by the error's name, for AWS answers nearly everything with HTTP 400. Pure.
import type { RejectedLogEventsInfo } from '@aws-sdk/client-cloudwatch-logs'
import { retryAfterMs } from '../../platform/http-answers.ts'
import type { Outcome } from '../runtime/contract.ts'
import type { HttpAnswer } from '../runtime/http.ts'
import { outcomeOfAnswer, outcomeOfError } from '../runtime/outcome.ts'

/** Names of errors that a person must fix. https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/CommonErrors.html */
const HOLD =
  /^(AccessDenied|UnrecognizedClient|ExpiredToken|InvalidSignature|SignatureDoesNotMatch|MissingAuthenticationToken|IncompleteSignature|InvalidClientTokenId|NotAuthorized|OptInRequired|RequestExpired|CredentialsProviderError|TokenProviderError|ResourceNotFound|InvalidAccessKeyId|AuthFailure)/
const REJECTED =
  /^(InvalidParameter|Validation|Serialization|RequestEntityTooLarge|InvalidSequenceToken|DataAlreadyAccepted|MalformedQueryString)/
/** Parameters that are settings of ours: no event is wrong where one of them is. */
const OUR_PARAMETERS = /\blog(Group|Stream)(Name|Identifier)\b/

/** An answer that is not AWS's: a page of a proxy, a gateway's refusal, nothing at all. The SDK would lose its status and words. */
export class ForeignAnswer extends Error {
  override name = 'ForeignAnswer'
  readonly answer: HttpAnswer
  constructor(answer: HttpAnswer) {
    super(`HTTP ${answer.status}`)
    this.answer = answer
  }
}

/** @param call what was asked: where it carried no events, none of them can be to blame */
export function outcomeOfAws(error: unknown, call: 'put' | 'create'): Outcome {
  if (error instanceof ForeignAnswer) {
    const outcome = outcomeOfAnswer(error.answer)
    return outcome.kind === 'rejected' && call === 'create' ? { ...outcome, kind: 'hold' } : outcome
  }
  const { name, message, $response } = error as Error & { $response?: { headers?: Record<string, string> } }
  const reason = snakeCase(name)
  if (HOLD.test(name)) return { kind: 'hold', reason, message }
  if (REJECTED.test(name)) {
    const oursIsWrong = call === 'create' || OUR_PARAMETERS.test(message)
    return { kind: oursIsWrong ? 'hold' : 'rejected', reason, message }
  }
  const broken = outcomeOfError(error)
  if (broken.kind === 'hold' || !('$fault' in (error as object))) return broken // not an answer of AWS
  return { kind: 'retry', reason, message, afterMs: retryAfterMs($response?.headers?.['retry-after'], Date.now()) }
}

/**
 * What CloudWatch refused of a call that it answered with 200: an end that is too new, a beginning that is too old or expired. Places
 * that the call does not have are not believed, for no event may be put aside on the word of nobody knows whom.
 */
export function outcomeOfRefusals(info: RejectedLogEventsInfo, events: number): Outcome {
  const { tooNewLogEventStartIndex: tooNew, tooOldLogEventEndIndex: tooOld, expiredLogEventEndIndex: expired } = info
  const places = [tooNew ?? events, tooOld ?? 0, expired ?? 0]
  if (places.some((place) => !Number.isInteger(place) || place < 0 || place > events)) {
    const message = `the answer refuses events at places that the call of ${events} does not have: ${JSON.stringify(info)}`
    return { kind: 'hold', reason: 'answer_not_understood', message }
  }
  const [from, oldEnd, expiredEnd] = places
  const refused = []
  for (let index = 0; index < events; index++) {
    if (index >= from) refused.push({ index, reason: 'too_new', message: 'more than 2 hours ahead of the time at AWS' })
    else if (index < oldEnd) refused.push({ index, reason: 'too_old', message: 'more than 14 days old' })
    else if (index < expiredEnd) refused.push({ index, reason: 'expired', message: "older than the log group's retention" })
  }
  return refused.length > 0 ? { kind: 'partial', refused } : { kind: 'delivered' }
}

const snakeCase = (name: string) =>
  name
    .replace(/Exception$/, '')
    .replace(/([a-z])([A-Z])/g, '$1_$2')
    .toLowerCase()

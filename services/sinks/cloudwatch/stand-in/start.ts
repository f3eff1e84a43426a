// A stand-in for CloudWatch Logs: its JSON 1.1 protocol, its quotas, its answers.
// API: https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/Welcome.html
import {
  awsError,
  createGroups,
  createLogGroup,
  createLogStream,
  describeLogGroups,
  describeLogStreams,
  findStream,
  invalid,
  type Groups,
  type LogGroup,
  putRetentionPolicy,
} from './groups.ts'
import { createRate, filterLogEvents, throttled } from './filter.ts'
import { checkPut, type InputLogEvent, type RejectedInfo } from './put.ts'
import { type Fault, httpFaults, isMeant } from '../../../sandbox/faults.ts'
import { logIdOf } from '../../../sandbox/log-id.ts'
import { createRecorder, type ReceivedEvent, type Recorder } from '../../../sandbox/received.ts'
import type { StandIn, StandInOptions } from '../../../sandbox/stand-in.ts'
import { type Answer, type Call, isObject, parseJson, serveVendor } from '../../../sandbox/vendor-http.ts'

export type { LogGroup } from './groups.ts'

export type CloudWatchOptions = StandInOptions & {
  /** Log groups that are there from the start; by default there are none. */
  groups?: readonly LogGroup[]
  /** The access keys that are known here; any when not given. Signatures are not recomputed. */
  accessKeyIds?: readonly string[]
}

const DAY_MS = 86_400_000
const AUTHORIZATION =
  /^AWS4-HMAC-SHA256 Credential=([^/,\s]+)\/\d{8}\/[^/]+\/logs\/aws4_request,\s*SignedHeaders=[^,]+,\s*Signature=[0-9a-f]{64}$/

const faultAnswers = {
  429: awsError('ThrottlingException', 'Rate exceeded'),
  500: awsError('ServiceUnavailableException', 'The service cannot complete the request.', 500),
  503: awsError('ServiceUnavailableException', 'The service cannot complete the request.', 503),
  401: awsError('AccessDeniedException', 'User is not authorized to perform this action'),
  403: awsError('AccessDeniedException', 'User is not authorized to perform this action'),
}

/**
 * Starts CloudWatch Logs on 127.0.0.1. The fault `partial` refuses a run of events, as the real answer can name no other:
 * with a marker, all from the first event meant on as too new; else the first 1/`every` of the call as too old.
 */
export async function start(options: CloudWatchOptions = {}): Promise<StandIn> {
  const recorder = createRecorder(options)
  let groups = createGroups(options.groups ?? [], Date.now())
  const isInRate = createRate()
  return serveVendor(
    {
      name: 'cloudwatch',
      faults: [...httpFaults, 'partial'],
      contentType: 'application/x-amz-json-1.1',
      answer: (call) => authorizationError(call, options.accessKeyIds) ?? answerCall(call, groups, recorder, isInRate),
      refuse: (fault) => faultAnswers[fault],
      forget: () => {
        groups = createGroups(options.groups ?? [], Date.now())
      },
    },
    recorder,
    options,
  )
}

function authorizationError({ request }: Call, accessKeyIds: readonly string[] | undefined): Answer | undefined {
  const header = request.headers.authorization
  if (!header) return awsError('MissingAuthenticationTokenException', 'Missing Authentication Token')
  const keyId = AUTHORIZATION.exec(header)?.[1]
  if (keyId === undefined)
    return awsError('IncompleteSignatureException', 'The request signature does not conform to AWS standards.')
  if (accessKeyIds && !accessKeyIds.includes(keyId)) {
    return awsError('UnrecognizedClientException', 'The security token included in the request is invalid.')
  }
  return undefined
}

function answerCall(call: Call, groups: Groups, recorder: Recorder, isInRate: (now: number) => boolean): Answer {
  const target = String(call.request.headers['x-amz-target'] ?? '')
  const input = parseJson(call.body)
  if (!isObject(input)) return awsError('SerializationException', 'The request body is no JSON object.')
  switch (target) {
    case 'Logs_20140328.PutLogEvents':
      return putLogEvents(call, input, groups, recorder)
    case 'Logs_20140328.CreateLogGroup':
      return createLogGroup(groups, input, Date.now())
    case 'Logs_20140328.CreateLogStream':
      return createLogStream(groups, input, Date.now())
    case 'Logs_20140328.PutRetentionPolicy':
      return putRetentionPolicy(groups, input)
    case 'Logs_20140328.DescribeLogGroups':
      return describeLogGroups(groups, input)
    case 'Logs_20140328.DescribeLogStreams':
      return describeLogStreams(groups, input)
    case 'Logs_20140328.FilterLogEvents':
      return isInRate(Date.now()) ? filterLogEvents(groups, input, recorder.received.last(Number.POSITIVE_INFINITY)) : throttled()
    default:
      return awsError('UnknownOperationException', `The stand-in does not know ${target}.`)
  }
}

function putLogEvents(call: Call, input: Record<string, unknown>, groups: Groups, recorder: Recorder): Answer {
  const found = findStream(groups, input)
  if ('error' in found) return found.error
  const { group, logGroupName, logStreamName } = found
  const retentionMs = group.retentionDays === undefined ? undefined : group.retentionDays * DAY_MS
  const check = checkPut(input.logEvents, Date.now(), retentionMs)
  if ('problem' in check) {
    recorder.count('rejected')
    return invalid(check.problem)
  }
  const events = input.logEvents as InputLogEvent[]
  const fields = { logGroupName, logStreamName }
  const received = (event: InputLogEvent, id = logIdOf(event.message)): ReceivedEvent => ({
    id,
    time: event.timestamp,
    text: event.message,
    fields,
  })
  if (call.rejects(() => events.map((event) => received(event)))) return invalid('The stand-in was told to reject these events.')
  const partial = call.faults.take(
    ['partial'],
    (fault) => fault.marker === undefined || events.some((e) => isMeant(fault, received(e))),
  )
  if (partial) recorder.count('faults')
  const { from, to, rejected } = partial ? withPartial(check, partial, events, received) : check
  for (let i = 0; i < events.length; i++) {
    const event = events[i]
    if (i < from || i >= to) recorder.refuse(received(event), 'refused', refusalName(i, rejected))
    else {
      recorder.take(
        Buffer.byteLength(event.message),
        () => logIdOf(event.message),
        (id) => received(event, id),
      )
    }
  }
  return {
    status: 200,
    body: { nextSequenceToken: String(recorder.received.requests), ...(rejected && { rejectedLogEventsInfo: rejected }) },
  }
}

type Taken = { from: number; to: number; rejected?: RejectedInfo }

function withPartial(
  taken: Taken,
  fault: Fault,
  events: InputLogEvent[],
  received: (event: InputLogEvent) => ReceivedEvent,
): Taken {
  if (fault.marker !== undefined) {
    const first = events.findIndex((event) => isMeant(fault, received(event)))
    const to = Math.min(taken.to, first)
    return { from: Math.min(taken.from, to), to, rejected: { ...taken.rejected, tooNewLogEventStartIndex: to } }
  }
  const from = Math.max(taken.from, Math.ceil(events.length / (fault.every ?? 2)))
  return { from, to: Math.max(taken.to, from), rejected: { ...taken.rejected, tooOldLogEventEndIndex: from } }
}

function refusalName(index: number, rejected: RejectedInfo | undefined): string {
  if (index >= (rejected?.tooNewLogEventStartIndex ?? Number.POSITIVE_INFINITY)) return 'too_new'
  return index < (rejected?.tooOldLogEventEndIndex ?? 0) ? 'too_old' : 'expired'
}

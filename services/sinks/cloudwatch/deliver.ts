// PutLogEvents through the AWS SDK: one attempt, judged by the error's name, for AWS answers nearly everything with HTTP 400.
import {
  CloudWatchLogsClient,
  CreateLogGroupCommand,
  CreateLogStreamCommand,
  DescribeLogStreamsCommand,
  type InputLogEvent,
  PutLogEventsCommand,
  type RejectedLogEventsInfo,
} from '@aws-sdk/client-cloudwatch-logs'
import type { Settings } from '../../platform/settings.ts'
import type { Connection, Outcome } from '../runtime/contract.ts'
import { outcomeOfError, retryAfterMs } from '../runtime/outcome.ts'
import type { fields } from './fields.ts'

type CloudWatchSettings = Settings<typeof fields>

/** Names of errors that a person must mend. https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/CommonErrors.html */
const HOLD =
  /^(AccessDenied|UnrecognizedClient|ExpiredToken|InvalidSignature|SignatureDoesNotMatch|MissingAuthenticationToken|IncompleteSignature|InvalidClientTokenId|NotAuthorized|OptInRequired|RequestExpired|CredentialsProviderError|TokenProviderError|ResourceNotFound|InvalidAccessKeyId|AuthFailure)/
const REJECTED =
  /^(InvalidParameter|Validation|Serialization|RequestEntityTooLarge|InvalidSequenceToken|DataAlreadyAccepted|MalformedQueryString)/

export async function connect(settings: CloudWatchSettings): Promise<Connection<InputLogEvent>> {
  const { accessKeyId, secretKey, sessionToken, endpoint, region, group: logGroupName, stream: logStreamName } = settings
  const client = new CloudWatchLogsClient({
    region,
    maxAttempts: 1, // trying again is the runtime's
    ...(endpoint ? { endpoint } : {}),
    ...(accessKeyId && secretKey
      ? { credentials: { accessKeyId, secretAccessKey: secretKey, ...(sessionToken ? { sessionToken } : {}) } }
      : {}),
    requestHandler: { connectionTimeout: 5_000, requestTimeout: 20_000 },
  })

  /** Creates group and stream; both may have come to exist meanwhile. */
  async function create(signal?: AbortSignal): Promise<void> {
    const unlessThere = (error: Error) => {
      if (error.name !== 'ResourceAlreadyExistsException') throw error
    }
    const group = new CreateLogGroupCommand({ logGroupName })
    await client.send(group, { abortSignal: signal }).catch(unlessThere)
    const stream = new CreateLogStreamCommand({ logGroupName, logStreamName })
    await client.send(stream, { abortSignal: signal }).catch(unlessThere)
  }

  /** The SDK signs and sends; the body is ours: its own writer goes through every character in JavaScript, a sixth of a sink's CPU. */
  const put = async (logEvents: InputLogEvent[], signal: AbortSignal): Promise<Outcome> => {
    const command = new PutLogEventsCommand({ logGroupName, logStreamName, logEvents: [] })
    command.middlewareStack.add(
      (next) => (args) => {
        Object.assign(args.request as object, { body: JSON.stringify({ logGroupName, logStreamName, logEvents }) })
        return next(args)
      },
      { step: 'build', priority: 'high' }, // before its length is counted and its hash signed
    )
    const { rejectedLogEventsInfo } = await client.send(command, { abortSignal: signal })
    return rejectedLogEventsInfo ? partial(rejectedLogEventsInfo, logEvents.length) : { kind: 'delivered' }
  }

  return {
    async deliver(items, signal) {
      try {
        return await put(items, signal)
      } catch (error) {
        if ((error as Error).name !== 'ResourceNotFoundException' || !settings.create) return judge(error)
      }
      try {
        await create(signal)
        return await put(items, signal)
      } catch (error) {
        return judge(error)
      }
    },
    async check() {
      const found = await client
        .send(new DescribeLogStreamsCommand({ logGroupName, logStreamNamePrefix: logStreamName }))
        .catch((error: Error) => {
          if (error.name === 'ResourceNotFoundException') return undefined
          throw error
        })
      if (found?.logStreams?.some((stream) => stream.logStreamName === logStreamName)) return
      if (!settings.create)
        throw new Error(`log stream ${logGroupName}/${logStreamName} does not exist: create it, or set CLOUDWATCH_CREATE=true`)
      await create()
    },
    close: async () => client.destroy(),
  }
}

/** What CloudWatch refused of a call that it answered with 200: an end that is too new, a beginning that is too old or expired. */
function partial(info: RejectedLogEventsInfo, events: number): Outcome {
  const { tooNewLogEventStartIndex = events, tooOldLogEventEndIndex = 0, expiredLogEventEndIndex = 0 } = info
  const refused = []
  for (let index = 0; index < events; index++) {
    if (index >= tooNewLogEventStartIndex)
      refused.push({ index, reason: 'too_new', message: 'more than 2 hours ahead of the time at AWS' })
    else if (index < tooOldLogEventEndIndex) refused.push({ index, reason: 'too_old', message: 'more than 14 days old' })
    else if (index < expiredLogEventEndIndex)
      refused.push({ index, reason: 'expired', message: "older than the log group's retention" })
  }
  return refused.length > 0 ? { kind: 'partial', refused } : { kind: 'delivered' }
}

function judge(error: unknown): Outcome {
  const { name, message, $response } = error as Error & { $response?: { headers?: Record<string, string> } }
  const reason = snakeCase(name)
  if (HOLD.test(name)) return { kind: 'hold', reason, message }
  if (REJECTED.test(name)) return { kind: 'rejected', reason, message }
  const broken = outcomeOfError(error)
  if (broken.kind === 'hold' || !('$fault' in (error as object))) return broken // not an answer of AWS
  return { kind: 'retry', reason, message, afterMs: retryAfterMs($response?.headers?.['retry-after'], Date.now()) }
}

const snakeCase = (name: string) =>
  name
    .replace(/Exception$/, '')
    .replace(/([a-z])([A-Z])/g, '$1_$2')
    .toLowerCase()

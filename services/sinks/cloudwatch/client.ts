// The AWS SDK's client for CloudWatch Logs: it signs, serialises and parses; the connections are those of every sink over HTTP.
import { CloudWatchLogsClient, type CloudWatchLogsClientConfig } from '@aws-sdk/client-cloudwatch-logs'
import type { Settings } from '../../platform/settings.ts'
import { createHttpClient, type HttpAnswer, type HttpClient } from '../runtime/http.ts'
import { ForeignAnswer } from './judge.ts'
import type { fields } from './settings.ts'

const SESSION_NAME = 'auth0-logs'
const CALL = 'Logs_20140328.'
/**
 * Members of an answer, one of which shows that it is AWS's: https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/
 * Calls that are not here have nothing to say.
 */
const ANSWERS: Record<string, string[]> = {
  PutLogEvents: ['nextSequenceToken', 'rejectedLogEventsInfo', 'rejectedEntityInfo'],
  DescribeLogStreams: ['logStreams'],
  FilterLogEvents: ['events', 'nextToken', 'searchedLogStreams'],
}

/**
 * The SDK's client with connections of its own, which `destroy` ends. Each call is one attempt.
 * @param mostBytes of an answer that are read, where it is longer than those about deliveries
 */
export async function createClient(settings: Settings<typeof fields>, mostBytes?: number): Promise<CloudWatchLogsClient> {
  const { region, endpoint } = settings
  const requestHandler = handlerOf(createHttpClient(mostBytes))
  const credentials = await credentialsOf(settings, requestHandler)
  return new CloudWatchLogsClient({
    region,
    maxAttempts: 1, // trying again is the runtime's
    requestHandler,
    ...(endpoint ? { endpoint } : {}),
    ...(credentials ? { credentials } : {}),
  })
}

/**
 * The keys that are set, or those of the role that they (or the SDK's own chain) may assume, renewed before they expire. Undefined
 * where the chain alone decides: it knows AWS_ROLE_ARN too where AWS_WEB_IDENTITY_TOKEN_FILE is set, as in EKS.
 */
async function credentialsOf(
  { accessKeyId, secretKey: secretAccessKey, sessionToken, roleArn, webIdentityFile, region }: Settings<typeof fields>,
  requestHandler: CloudWatchLogsClientConfig['requestHandler'],
): Promise<CloudWatchLogsClientConfig['credentials']> {
  const keys =
    accessKeyId && secretAccessKey ? { accessKeyId, secretAccessKey, ...(sessionToken ? { sessionToken } : {}) } : undefined
  if (!roleArn || webIdentityFile) return keys
  const { fromTemporaryCredentials } = await import('@aws-sdk/credential-providers')
  return fromTemporaryCredentials({
    ...(keys ? { masterCredentials: keys } : {}),
    params: { RoleArn: roleArn, RoleSessionName: SESSION_NAME },
    clientConfig: { region, requestHandler, maxAttempts: 1 },
  })
}

type AwsRequest = {
  protocol: string
  hostname: string
  port?: number
  path: string
  query?: Record<string, string | string[] | null>
  method: string
  headers: Record<string, string>
  body?: Uint8Array | string
}

/** What the SDK calls a request handler: https://github.com/smithy-lang/smithy-typescript/tree/main/packages/node-http-handler */
function handlerOf(http: HttpClient): NonNullable<CloudWatchLogsClientConfig['requestHandler']> {
  return {
    async handle(request: AwsRequest, { abortSignal }: { abortSignal?: AbortSignal } = {}) {
      const { method, headers, body } = request
      const answer = await http.send(urlOf(request), { method, headers, body, signal: abortSignal })
      const target = headers['x-amz-target'] ?? ''
      if (target.startsWith(CALL) && !isAws(answer, target.slice(CALL.length))) throw new ForeignAnswer(answer)
      return { response: { statusCode: answer.status, headers: answer.headers, body: new Uint8Array(answer.body) } }
    },
    destroy: () => http.close(),
  }
}

function urlOf({ protocol, hostname, port, path, query = {} }: AwsRequest): URL {
  const url = new URL(`${protocol}//${hostname}${port ? `:${port}` : ''}${path}`)
  for (const [name, value] of Object.entries(query)) for (const one of [value ?? ''].flat()) url.searchParams.append(name, one)
  return url
}

/** Errors of AWS have a name. What it took, it says in a JSON object; PutLogEvents may leave out all that is in it. */
function isAws({ status, headers, body }: HttpAnswer, call: string): boolean {
  const text = body.toString().trim()
  const said = objectOf(text)
  if (status < 200 || status > 299)
    return headers['x-amzn-errortype'] !== undefined || typeof (said?.__type ?? said?.code) === 'string'
  const members = ANSWERS[call]
  if (!members) return said !== undefined || text === ''
  return said !== undefined && (members.some((name) => name in said) || (call === 'PutLogEvents' && text === '{}'))
}

function objectOf(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : undefined
  } catch {
    return undefined
  }
}

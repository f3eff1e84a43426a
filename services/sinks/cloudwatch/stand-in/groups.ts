// The log groups and streams of the CloudWatch stand-in, and the calls that make and list them.
// API: https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_Operations.html
import { type Answer, isObject } from '../../../sandbox/vendor-http.ts'

export type LogGroup = { name: string; streams?: string[]; retentionDays?: number }
type Group = { streams: Map<string, number>; retentionDays?: number; kmsKeyId?: string; createdAt: number }
export type Groups = Map<string, Group>

const GROUP_NAME = /^[.\-_/#A-Za-z0-9]{1,512}$/
const STREAM_NAME = /^[^:*]{1,512}$/
const DESCRIBE_LIMIT = 50
/** https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutRetentionPolicy.html */
const RETENTION_DAYS = [
  1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653,
] // biome-ignore format: a table

export function createGroups(groups: readonly LogGroup[], now: number): Groups {
  return new Map(
    groups.map(({ name, streams = [], retentionDays }) => [
      name,
      { streams: new Map(streams.map((stream) => [stream, now])), retentionDays, createdAt: now },
    ]),
  )
}

/** All AWS errors of the client's making come with status 400: only the name tells them apart. */
export function awsError(type: string, message: string, status = 400): Answer {
  return { status, body: { __type: type, message } }
}

export const invalid = (message: string) => awsError('InvalidParameterException', message)

/** The group and stream of a call, or why they cannot be used. */
export function findStream(
  groups: Groups,
  input: unknown,
): { error: Answer } | { group: Group; logGroupName: string; logStreamName: string } {
  const { logGroupName, logStreamName } = names(input)
  if (!GROUP_NAME.test(logGroupName)) return { error: invalid(badName('logGroupName', logGroupName)) }
  if (!STREAM_NAME.test(logStreamName)) return { error: invalid(badName('logStreamName', logStreamName)) }
  const group = groups.get(logGroupName)
  if (!group) return { error: awsError('ResourceNotFoundException', 'The specified log group does not exist.') }
  if (!group.streams.has(logStreamName)) {
    return { error: awsError('ResourceNotFoundException', 'The specified log stream does not exist.') }
  }
  return { group, logGroupName, logStreamName }
}

export function createLogGroup(groups: Groups, input: unknown, now: number): Answer {
  const { logGroupName } = names(input)
  if (!GROUP_NAME.test(logGroupName)) return invalid(badName('logGroupName', logGroupName))
  if (groups.has(logGroupName)) return awsError('ResourceAlreadyExistsException', 'The specified log group already exists')
  const kmsKeyId = isObject(input) && typeof input.kmsKeyId === 'string' ? input.kmsKeyId : undefined
  groups.set(logGroupName, { streams: new Map(), createdAt: now, kmsKeyId })
  return { status: 200, body: '' }
}

export function putRetentionPolicy(groups: Groups, input: unknown): Answer {
  const group = groups.get(names(input).logGroupName)
  if (!group) return awsError('ResourceNotFoundException', 'The specified log group does not exist.')
  const days = isObject(input) ? Number(input.retentionInDays) : Number.NaN
  if (!RETENTION_DAYS.includes(days))
    return invalid(`1 validation error detected: Value '${days}' at 'retentionInDays' is not valid`)
  group.retentionDays = days
  return { status: 200, body: '' }
}

export function createLogStream(groups: Groups, input: unknown, now: number): Answer {
  const { logGroupName, logStreamName } = names(input)
  if (!STREAM_NAME.test(logStreamName)) return invalid(badName('logStreamName', logStreamName))
  const group = groups.get(logGroupName)
  if (!group) return awsError('ResourceNotFoundException', 'The specified log group does not exist.')
  if (group.streams.has(logStreamName)) {
    return awsError('ResourceAlreadyExistsException', 'The specified log stream already exists')
  }
  group.streams.set(logStreamName, now)
  return { status: 200, body: '' }
}

export function describeLogGroups(groups: Groups, input: unknown): Answer {
  const prefix = isObject(input) && typeof input.logGroupNamePrefix === 'string' ? input.logGroupNamePrefix : ''
  const found = [...groups]
    .filter(([name]) => name.startsWith(prefix))
    .map(([logGroupName, { createdAt, retentionDays, kmsKeyId }]) => ({
      logGroupName,
      creationTime: createdAt,
      retentionInDays: retentionDays,
      kmsKeyId,
    }))
  return page(input, 'logGroups', found)
}

export function describeLogStreams(groups: Groups, input: unknown): Answer {
  const group = groups.get(names(input).logGroupName)
  if (!group) return awsError('ResourceNotFoundException', 'The specified log group does not exist.')
  const prefix = isObject(input) && typeof input.logStreamNamePrefix === 'string' ? input.logStreamNamePrefix : ''
  const found = [...group.streams]
    .filter(([name]) => name.startsWith(prefix))
    .map(([logStreamName, creationTime]) => ({ logStreamName, creationTime }))
  return page(input, 'logStreams', found)
}

/** A page of a listing; the token is the place of the next entry. */
function page(input: unknown, key: string, found: object[]): Answer {
  const { limit = DESCRIBE_LIMIT, nextToken = '0' } = isObject(input) ? input : {}
  if (typeof limit !== 'number' || limit < 1 || limit > DESCRIBE_LIMIT) {
    return invalid(
      `1 validation error detected: Value '${limit}' at 'limit' failed to satisfy constraint: from 1 to ${DESCRIBE_LIMIT}`,
    )
  }
  const from = Number(nextToken)
  if (!Number.isInteger(from)) return invalid('The specified nextToken is invalid.')
  const next = from + limit < found.length ? { nextToken: String(from + limit) } : {}
  return { status: 200, body: { [key]: found.slice(from, from + limit), ...next } }
}

function names(input: unknown): { logGroupName: string; logStreamName: string } {
  const { logGroupName, logStreamName } = isObject(input) ? input : {}
  return {
    logGroupName: typeof logGroupName === 'string' ? logGroupName : '',
    logStreamName: typeof logStreamName === 'string' ? logStreamName : '',
  }
}

const badName = (what: string, value: string) =>
  `1 validation error detected: Value '${value}' at '${what}' failed to satisfy constraint: Member must satisfy regular expression pattern`

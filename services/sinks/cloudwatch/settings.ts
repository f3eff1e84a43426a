// Settings of the CloudWatch sink, and the quotas of the vendor that they keep to:
// https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutLogEvents.html
// Credentials may also come from the SDK's own chain (role, profile, session token): `check` tests them.
import { boolean, integer, parsed, text } from '../../platform/settings.ts'
import { placeholderProblem } from './streams.ts'

export const MAX_BATCH_BYTES = 1_048_576
export const MAX_BATCH_EVENTS = 10_000
/** Counted for each event beside the UTF-8 bytes of its message. */
export const PER_EVENT_BYTES = 26
/** One event with its 26 bytes, since April 2025. */
export const MAX_EVENT_BYTES = 1_048_576
/** All events of a call lie within a day. */
export const MAX_SPAN_MS = 24 * 3_600_000
/** Older events are rejected as too old: 14 days. */
export const MAX_AGE_HOURS = 14 * 24

/** https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_CreateLogGroup.html and API_CreateLogStream.html */
export const GROUP_NAME = /^[.\-_/#A-Za-z0-9]{1,512}$/
export const STREAM_NAME = /^[^:*]{1,512}$/
/** 0 = for ever. https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutRetentionPolicy.html */
export const RETENTION_DAYS = [
  0, 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653,
] // biome-ignore format: a table

export const fields = {
  group: text('CLOUDWATCH_LOG_GROUP_NAME', 'Log group to write to', {
    required: true,
    check: (name) => (GROUP_NAME.test(name) ? undefined : 'must be 1 to 512 of letters, digits and . - _ / #, as AWS wants it'),
  }),
  stream: text(
    'CLOUDWATCH_LOG_STREAM_NAME',
    "Log stream to write to; {tenant} and {date} stand for an event's tenant and day (UTC)",
    {
      required: true,
      check: (name) =>
        STREAM_NAME.test(name) ? placeholderProblem(name) : 'must be 1 to 512 characters without : and *, as AWS wants it',
    },
  ),
  region: text('AWS_REGION', 'Region of the log group', { required: true }),
  accessKeyId: text(
    'AWS_ACCESS_KEY_ID',
    "Access key; without it the AWS SDK looks for a role, a profile or a container's credentials",
  ),
  secretKey: text('AWS_SECRET_ACCESS_KEY', 'Secret of the access key', { also: ['AWS_SECRET_KEY'], secret: true }),
  sessionToken: text('AWS_SESSION_TOKEN', 'Token of a temporary access key', { secret: true }),
  roleArn: text('AWS_ROLE_ARN', 'Role to assume with these credentials; renewed before it expires', {
    check: (arn) => (/^arn:[\w-]+:iam::\d{12}:role\/\S+$/.test(arn) ? undefined : 'must be the ARN of an IAM role'),
  }),
  webIdentityFile: text(
    'AWS_WEB_IDENTITY_TOKEN_FILE',
    'Token file of a web identity, as on EKS: the AWS SDK assumes the role with it',
  ),
  endpoint: text('AWS_ENDPOINT_URL_CLOUDWATCH_LOGS', 'Endpoint to use instead of the region’s, for private links and stand-ins', {
    also: ['AWS_ENDPOINT_URL'],
    check: (url) => (URL.canParse(url) ? undefined : 'must be a URL'),
  }),
  create: boolean('CLOUDWATCH_CREATE', 'Create the group and the stream when they do not exist', { default: true }),
  retentionDays: parsed<number>(
    'CLOUDWATCH_RETENTION_DAYS',
    'Retention of a group that is created here, one of the values that AWS allows; 0 = forever',
    (days) =>
      RETENTION_DAYS.includes(Number(days)) && /^\d+$/.test(days)
        ? { value: Number(days) }
        : { problem: `must be one of ${RETENTION_DAYS.join(', ')}` },
    { kind: 'integer', default: 0, unit: 'days' },
  ),
  kmsKeyId: text('CLOUDWATCH_KMS_KEY_ID', 'ARN of the KMS key for a group that is created here'),
  maxEventBytes: integer('CLOUDWATCH_MAX_EVENT_BYTES', 'Largest message; 262,118 in the aws-cn partition', {
    default: MAX_EVENT_BYTES - PER_EVENT_BYTES,
    min: 1_000,
    max: MAX_EVENT_BYTES - PER_EVENT_BYTES,
    unit: 'bytes',
  }),
}

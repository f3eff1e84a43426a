// Settings of the CloudWatch sink. Credentials may also come from the SDK's own chain (role, profile, session token): `check` tests them.
import { boolean, integer, parsed, text } from '../../platform/settings.ts'
import { GROUP_NAME, MAX_EVENT_BYTES, PER_EVENT_BYTES, RETENTION_DAYS, STREAM_NAME } from './limits.ts'
import { placeholderProblem } from './streams.ts'

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
  accessKeyId: text('AWS_ACCESS_KEY_ID', "Access key; without it the SDK's own chain is asked"),
  secretKey: text('AWS_SECRET_ACCESS_KEY', 'Secret of the access key', { also: ['AWS_SECRET_KEY'], secret: true }),
  sessionToken: text('AWS_SESSION_TOKEN', 'Token of a temporary access key', { secret: true }),
  roleArn: text('AWS_ROLE_ARN', 'Role to assume with these credentials; renewed before it expires', {
    check: (arn) => (/^arn:[\w-]+:iam::\d{12}:role\/\S+$/.test(arn) ? undefined : 'must be the ARN of an IAM role'),
  }),
  webIdentityFile: text(
    'AWS_WEB_IDENTITY_TOKEN_FILE',
    "Token file of a web identity, as in EKS: the SDK's own chain assumes the role",
  ),
  endpoint: text('AWS_ENDPOINT_URL_CLOUDWATCH_LOGS', 'Another endpoint than the region’s, for stand-ins and private links', {
    also: ['AWS_ENDPOINT_URL'],
    check: (url) => (URL.canParse(url) ? undefined : 'must be a URL'),
  }),
  create: boolean('CLOUDWATCH_CREATE', 'Create group and stream when they are absent', { default: true }),
  retentionDays: parsed<number>(
    'CLOUDWATCH_RETENTION_DAYS',
    'How long a group that is created here keeps its events, one of the numbers that AWS allows; 0 = for ever',
    (days) =>
      RETENTION_DAYS.includes(Number(days)) && /^\d+$/.test(days)
        ? { value: Number(days) }
        : { problem: `must be one of ${RETENTION_DAYS.join(', ')}` },
    { kind: 'integer', default: 0, unit: 'days' },
  ),
  kmsKeyId: text('CLOUDWATCH_KMS_KEY_ID', 'ARN of the KMS key that encrypts a group that is created here'),
  maxEventBytes: integer('CLOUDWATCH_MAX_EVENT_BYTES', 'Largest message; 262,118 in the aws-cn partition', {
    default: MAX_EVENT_BYTES - PER_EVENT_BYTES,
    min: 1_000,
    max: MAX_EVENT_BYTES - PER_EVENT_BYTES,
    unit: 'bytes',
  }),
}

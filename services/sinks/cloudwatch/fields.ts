// Settings of the CloudWatch sink. Credentials may also come from the SDK's own chain (role, profile, session token): `check` tests them.
import { boolean, integer, text } from '../../platform/settings.ts'
import { MAX_EVENT_BYTES, PER_EVENT_BYTES } from './limits.ts'

export const fields = {
  group: text('CLOUDWATCH_LOG_GROUP_NAME', 'Log group to write to', { required: true }),
  stream: text('CLOUDWATCH_LOG_STREAM_NAME', 'Log stream to write to', { required: true }),
  region: text('AWS_REGION', 'Region of the log group', { required: true }),
  accessKeyId: text('AWS_ACCESS_KEY_ID', "Access key; without it the SDK's own chain is asked"),
  secretKey: text('AWS_SECRET_ACCESS_KEY', 'Secret of the access key', { also: ['AWS_SECRET_KEY'], secret: true }),
  sessionToken: text('AWS_SESSION_TOKEN', 'Token of a temporary access key', { secret: true }),
  endpoint: text('AWS_ENDPOINT_URL_CLOUDWATCH_LOGS', 'Another endpoint than the region’s, for stand-ins and private links', {
    also: ['AWS_ENDPOINT_URL'],
    check: (url) => (URL.canParse(url) ? undefined : 'must be a URL'),
  }),
  create: boolean('CLOUDWATCH_CREATE', 'Create group and stream when they are absent', { default: true }),
  maxEventBytes: integer('CLOUDWATCH_MAX_EVENT_BYTES', 'Largest message; 262,118 in the aws-cn partition', {
    default: MAX_EVENT_BYTES - PER_EVENT_BYTES,
    min: 1_000,
    max: MAX_EVENT_BYTES - PER_EVENT_BYTES,
    unit: 'bytes',
  }),
}

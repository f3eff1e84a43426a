// CloudWatch Logs: consume, encode as log events in order of time, PutLogEvents.
import { defineSink } from '../runtime/contract.ts'
import { openConfirmer } from './confirm.ts'
import { connect } from './deliver.ts'
import { encode } from './encode.ts'
import { fields, MAX_AGE_HOURS, MAX_BATCH_BYTES, MAX_BATCH_EVENTS, MAX_SPAN_MS, PER_EVENT_BYTES } from './settings.ts'

export const cloudwatch = defineSink({
  name: 'cloudwatch',
  fields,
  limits: ({ maxEventBytes }) => ({
    events: MAX_BATCH_EVENTS,
    bytes: MAX_BATCH_BYTES,
    bytesAnEvent: maxEventBytes + PER_EVENT_BYTES,
    spanMs: MAX_SPAN_MS,
    ordered: true,
  }),
  replayLimit: {
    hours: MAX_AGE_HOURS,
    meaning: 'CloudWatch refuses events older than 14 days: they will be dead letters with the reason too_old',
  },
  permissions: [
    'AWS, the cloudwatch sink, on the log group:',
    '  logs:PutLogEvents, logs:DescribeLogStreams',
    '  for auth0-logs prove --ask-vendor: logs:FilterLogEvents',
    '  where CLOUDWATCH_CREATE is true: logs:CreateLogGroup, logs:CreateLogStream',
  ],
  repeats: 'CloudWatch does not recognise repeats: an event that it already has is stored a second time.',
  sandbox: {
    CLOUDWATCH_LOG_GROUP_NAME: 'auth0',
    CLOUDWATCH_LOG_STREAM_NAME: 'logs',
    AWS_REGION: 'us-east-1',
    AWS_ACCESS_KEY_ID: 'sandbox',
    AWS_SECRET_ACCESS_KEY: 'sandbox',
    AWS_ENDPOINT_URL_CLOUDWATCH_LOGS: '$ORIGIN',
  },
  encode,
  connect,
  confirmer: openConfirmer,
})

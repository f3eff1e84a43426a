// CloudWatch under the suite of all sinks.
import { startCloudWatch } from '../../../services/sandbox/cloudwatch.ts'
import { cloudwatch } from '../../../services/sinks/cloudwatch/sink.ts'
import type { Sink } from '../../../services/sinks/runtime/contract.ts'
import { conformance } from '../conformance.ts'

conformance({
  sink: cloudwatch as unknown as Sink,
  open: (port) => startCloudWatch({ port }),
  env: ({ origin }) => ({
    CLOUDWATCH_LOG_GROUP_NAME: 'auth0',
    CLOUDWATCH_LOG_STREAM_NAME: 'logs',
    CLOUDWATCH_MAX_EVENT_BYTES: '50000',
    AWS_REGION: 'us-east-1',
    AWS_ACCESS_KEY_ID: 'id',
    AWS_SECRET_ACCESS_KEY: 'secret',
    AWS_ENDPOINT_URL_CLOUDWATCH_LOGS: origin,
  }),
  dataOf: ({ text }) => JSON.parse(text),
  tooLargeBytes: 50_000,
  passing: [
    { fault: { fault: '429', times: 2 }, told: /^throttling: Rate exceeded/ },
    { fault: { fault: '500', times: 2 }, told: /^service_unavailable: The service cannot complete the request/ },
    { fault: { fault: '503', times: 2 }, told: /^service_unavailable: The service cannot complete the request/ },
    { fault: { fault: 'reset', times: 2 }, told: /^econnreset: (socket hang up|read ECONNRESET)/ },
  ],
  hold: { fault: { fault: '403' }, reason: 'access_denied', told: /^access_denied: User is not authorized to perform/ },
  rejected: { reason: 'invalid_parameter', words: /told to reject/ },
  acknowledges: true,
})

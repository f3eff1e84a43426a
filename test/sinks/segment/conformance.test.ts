// Segment under the suite of all sinks.
import { start as startSegment } from '../../../services/sinks/segment/stand-in/start.ts'
import type { Sink } from '../../../services/sinks/runtime/contract.ts'
import { segment } from '../../../services/sinks/segment/sink.ts'
import { conformance } from '../conformance.ts'

conformance({
  sink: segment as unknown as Sink,
  open: (port) => startSegment({ port }),
  env: ({ origin }) => ({ SEGMENT_KEY: 'key', SEGMENT_HOST: origin }),
  dataOf: ({ fields }) => fields?.properties,
  tooLargeBytes: 33_000,
  passing: [
    { fault: { fault: '429', times: 1, retryAfter: 1 }, told: /^http_429: .*Too Many Requests/ },
    { fault: { fault: '500', times: 2 }, told: /^http_500: .*Internal Server Error/ },
    { fault: { fault: '503', times: 2 }, told: /^http_503: .*Service Unavailable/ },
    { fault: { fault: 'reset', times: 2 }, told: /^econnreset: (socket hang up|read ECONNRESET)/ },
  ],
  hold: { fault: { fault: '403' }, reason: 'http_403', told: /^http_403: .*Forbidden/ },
  rejected: { reason: 'http_400', words: /told to reject/ },
  secret: { name: 'SEGMENT_KEY' },
  acknowledges: true,
})

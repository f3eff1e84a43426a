// Segment under the suite of all sinks.
import { findSink } from '../../support/sinks.ts'
import { conformance, subjectOf } from '../conformance.ts'

conformance({
  ...(await subjectOf(await findSink('segment'))),
  dataOf: ({ fields }) => fields?.properties,
  passing: [
    { fault: { fault: '429', times: 1, retryAfter: 1 }, told: /^http_429: .*Too Many Requests/ },
    { fault: { fault: '500', times: 2 }, told: /^http_500: .*Internal Server Error/ },
    { fault: { fault: '503', times: 2 }, told: /^http_503: .*Service Unavailable/ },
    { fault: { fault: 'reset', times: 2 }, told: /^econnreset: (socket hang up|read ECONNRESET)/ },
  ],
  hold: { fault: { fault: '403' }, reason: 'http_403', told: /^http_403: .*Forbidden/ },
  rejected: { reason: 'http_400', words: /told to reject/ },
})

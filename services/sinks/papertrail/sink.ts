// Papertrail: consume, encode as RFC 5424, write to a verified TLS connection, count what has settled.
import { defineSink } from '../runtime/contract.ts'
import { connect } from './deliver.ts'
import { encode } from './encode.ts'
import { fields, MAX_DATAGRAM_BYTES, MAX_STREAM_MESSAGE_BYTES, MAX_WRITE_BYTES, MAX_WRITE_EVENTS, SETTLE_MS } from './settings.ts'

export const papertrail = defineSink({
  name: 'papertrail',
  fields,
  inFlight: 1, // one connection
  limits: ({ transport }) => ({
    events: MAX_WRITE_EVENTS,
    bytes: MAX_WRITE_BYTES,
    bytesAnEvent: transport === 'udp' ? MAX_DATAGRAM_BYTES : MAX_STREAM_MESSAGE_BYTES,
    ...(transport === 'udp' ? {} : { settleMs: SETTLE_MS }),
  }),
  repeats: 'Papertrail does not recognise repeats: an event that it already has is shown a second time.',
  sandbox: { PAPERTRAIL_HOST: '$HOST', PAPERTRAIL_PORT: '$PORT', PAPERTRAIL_CA_FILE: '$CA_FILE' },
  encode,
  connect,
})

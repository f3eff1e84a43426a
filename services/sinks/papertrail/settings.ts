// Settings of the Papertrail sink, and the limits that it keeps to: https://www.papertrail.com/help/log-size-limits/ and RFC 5424:
// https://www.rfc-editor.org/rfc/rfc5424#section-6
import { readableFile } from '../../platform/files.ts'
import { choice, integer, parsed, text } from '../../platform/settings.ts'

/** One message over TCP or TLS, framing included. */
export const MAX_STREAM_MESSAGE_BYTES = 100_000
/** One message over UDP. */
export const MAX_DATAGRAM_BYTES = 1_024
/** Host names are cut here. */
export const MAX_HOST_LENGTH = 120
export const MAX_MSGID_LENGTH = 32
/** One write: ours, so that a reset repeats little. */
export const MAX_WRITE_BYTES = 512 * 1024
export const MAX_WRITE_EVENTS = 2_000
/** Syslog has no acknowledgement: what the other side's TCP took this long ago, without a break since, counts as delivered. */
export const SETTLE_MS = 5_000
/** A connection that takes nothing for so long is cut, and all that was not committed is sent again over a new one. */
export const STALL_MS = 5_000

/** RFC 5424, table 1: the place in the list is the facility's number. */
export const FACILITIES = [
  'kern', 'user', 'mail', 'daemon', 'auth', 'syslog', 'lpr', 'news', 'uucp', 'cron', 'authpriv', 'ftp',
  'ntp', 'audit', 'alert', 'clock', 'local0', 'local1', 'local2', 'local3', 'local4', 'local5', 'local6', 'local7',
] as const // biome-ignore format: a table

export const fields = {
  host: text('PAPERTRAIL_HOST', 'Host of the log destination', { required: true }),
  port: integer('PAPERTRAIL_PORT', 'Port of the log destination', { required: true, min: 1, max: 65_535 }),
  transport: choice(
    'PAPERTRAIL_TRANSPORT',
    'Transport of the messages; certificates are always verified',
    ['tls', 'tcp', 'udp'],
    {
      default: 'tls',
    },
  ),
  caFile: parsed(
    'PAPERTRAIL_CA_FILE',
    "Certificate authority of a private destination, PEM; otherwise the system's",
    readableFile,
    {
      default: '',
    },
  ),
  system: text('PAPERTRAIL_SYSTEM', 'System name shown in Papertrail', { default: 'auth0-logs' }),
  facility: choice('PAPERTRAIL_FACILITY', 'Syslog facility', FACILITIES, { default: 'daemon' }),
  framing: choice('PAPERTRAIL_FRAMING', 'Framing of messages over TCP and TLS', ['newline', 'octet-counting'], {
    default: 'newline',
  }),
  token: text('PAPERTRAIL_TOKEN', 'Token of a SolarWinds Observability destination', {
    secret: true,
    check: (token) =>
      /^[\x21-\x7e]+$/.test(token) && !/["=\]]/.test(token) ? undefined : 'holds characters that syslog does not allow',
  }),
}

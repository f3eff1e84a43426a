// Settings of the Papertrail sink.
import { choice, integer, parsed, text } from '../../platform/settings.ts'
import { readableFile } from '../../platform/files.ts'

/** RFC 5424, table 1: the place in the list is the facility's number. */
export const FACILITIES = [
  'kern', 'user', 'mail', 'daemon', 'auth', 'syslog', 'lpr', 'news', 'uucp', 'cron', 'authpriv', 'ftp',
  'ntp', 'audit', 'alert', 'clock', 'local0', 'local1', 'local2', 'local3', 'local4', 'local5', 'local6', 'local7',
] as const // biome-ignore format: a table

export const fields = {
  host: text('PAPERTRAIL_HOST', 'Host of the log destination', { required: true }),
  port: integer('PAPERTRAIL_PORT', 'Port of the log destination', { required: true, min: 1, max: 65_535 }),
  transport: choice('PAPERTRAIL_TRANSPORT', 'How messages travel; certificates are verified', ['tls', 'tcp', 'udp'], {
    default: 'tls',
  }),
  caFile: parsed(
    'PAPERTRAIL_CA_FILE',
    "Certificate authority of a private destination, PEM; else the machine's own",
    readableFile,
    {
      default: '',
    },
  ),
  system: text('PAPERTRAIL_SYSTEM', 'System name shown in Papertrail', { default: 'auth0-logs' }),
  facility: choice('PAPERTRAIL_FACILITY', 'Syslog facility', FACILITIES, { default: 'daemon' }),
  framing: choice('PAPERTRAIL_FRAMING', 'How messages are told apart over TCP and TLS', ['newline', 'octet-counting'], {
    default: 'newline',
  }),
  token: text('PAPERTRAIL_TOKEN', 'Token of a SolarWinds Observability destination', {
    secret: true,
    check: (token) =>
      /^[\x21-\x7e]+$/.test(token) && !/["=\]]/.test(token) ? undefined : 'holds characters that syslog does not allow',
  }),
}

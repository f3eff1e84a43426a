// An Auth0 log as an RFC 5424 message: the header is syslog-client's, the bytes of the JSON follow it on one line. Pure.
// Its transports are not used: they know no TLS, no back-pressure and no break, and an error without a listener ends the process.
import { Client, type ClientOptions } from 'syslog-client'
import { onOneLine, withLogId } from '../../events/compact.ts'
import { isoTime } from '../../events/iso-time.ts'
import type { LogEvent } from '../../events/log-event.ts'
import { typeLevel } from '../../events/types.ts'
import type { Settings } from '../../platform/settings.ts'
import type { Encoded } from '../runtime/contract.ts'
import { FACILITIES, type fields, MAX_HOST_LENGTH, MAX_MSGID_LENGTH } from './settings.ts'

type PapertrailSettings = Pick<Settings<typeof fields>, 'facility' | 'system' | 'framing' | 'token' | 'transport'>

/** Severity by level: debug, informational, warning, error, critical. */
const SEVERITIES = [7, 6, 4, 3, 2]
/** SolarWinds' number in the structured data. */
const TOKEN_ENTERPRISE = 41058
const NEWLINE = 0x0a
/** Structured data and message as the library writes them where there is neither. */
const END = '- \n'
/** Formats, and never sends. The library calls the formatter with a Date as `this`. */
const formatter = new Client('', {
  dateFormatter(this: Date) {
    return isoTime(this.getTime())
  },
} as ClientOptions)

/** The whole message with its framing, ready to be written. @param now for events without a usable date, epoch milliseconds */
export function encode(event: LogEvent, settings: PapertrailSettings, now = Date.now()): Encoded<Buffer> {
  if (!event.isObject) return { unsendable: 'not_an_event' }
  const line = onOneLine(event.value)
  const json = event.member('log_id') === undefined ? withLogId(line, event.id) : line
  const at = event.happenedAt(now)
  const header = formatter.buildFormattedMessage('', {
    rfc3164: false,
    facility: FACILITIES.indexOf(settings.facility),
    severity: SEVERITIES[typeLevel(event.type)],
    timestamp: new Date(at),
    syslogHostname: hostName(settings.system),
    appName: 'auth0',
    msgid: messageId(event.type),
  })
  const isStream = settings.transport !== 'udp'
  // The library ends an empty message with a line break, and has no structured data to say.
  const head = header.length - END.length
  const structured = settings.token ? `[${settings.token}@${TOKEN_ENTERPRISE}] ` : '- '
  const length = head + structured.length + json.length
  const counted = isStream && settings.framing === 'octet-counting' ? `${length} ` : ''
  const ends = isStream && settings.framing === 'newline'
  const item = Buffer.allocUnsafe(counted.length + length + (ends ? 1 : 0))
  let to = item.write(counted, 'latin1')
  to += header.copy(item, to, 0, head)
  to += item.write(structured, to, 'latin1')
  to += json.copy(item, to)
  if (ends) item[to] = NEWLINE
  return { item, bytes: item.length, at }
}

/** A space would end the field: everything but printable ASCII becomes a hyphen. */
const hostName = (system: string) => system.replace(/[^\x21-\x7e]/g, '-').slice(0, MAX_HOST_LENGTH) || '-'

const messageId = (type: string) => type.replace(/[^\x21-\x7e]/g, '_').slice(0, MAX_MSGID_LENGTH) || '-'

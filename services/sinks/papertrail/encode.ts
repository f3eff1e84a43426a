// An Auth0 log as an RFC 5424 message: severity by the event's level, time of the event, the JSON on one line. Pure.
import { onOneLine, withLogId } from '../../events/compact.ts'
import type { LogEvent } from '../../events/log-event.ts'
import { typeLevel } from '../../events/types.ts'
import type { Settings } from '../../platform/settings.ts'
import type { Encoded } from '../runtime/contract.ts'
import { FACILITIES, type fields } from './fields.ts'
import { MAX_HOST_LENGTH, MAX_MSGID_LENGTH } from './limits.ts'

type PapertrailSettings = Pick<Settings<typeof fields>, 'facility' | 'system' | 'framing' | 'token' | 'transport'>

/** Severity by level: debug, informational, warning, error, critical. */
const SEVERITIES = [7, 6, 4, 3, 2]
/** SolarWinds' number in the structured data. */
const TOKEN_ENTERPRISE = 41058
const NEWLINE = 0x0a

export function encode(event: LogEvent, settings: PapertrailSettings, now = Date.now()): Encoded<Buffer> {
  if (!event.isObject) return { unsendable: 'not_an_event' }
  const line = onOneLine(event.value)
  const json = event.member('log_id') === undefined ? withLogId(line, event.id) : line
  const at = event.happenedAt(now)
  const priority = FACILITIES.indexOf(settings.facility) * 8 + SEVERITIES[typeLevel(event.type)]
  const structured = settings.token ? `[${settings.token}@${TOKEN_ENTERPRISE}]` : '-'
  const head = `<${priority}>1 ${new Date(at).toISOString()} ${hostName(settings.system)} auth0 - ${messageId(event.type)} ${structured} `
  const length = Buffer.byteLength(head) + json.length
  const counted = settings.framing === 'octet-counting' && settings.transport !== 'udp' ? `${length} ` : ''
  const ends = settings.framing === 'newline' && settings.transport !== 'udp' ? 1 : 0
  const item = Buffer.allocUnsafe(counted.length + length + ends)
  const from = item.write(counted + head)
  json.copy(item, from)
  if (ends === 1) item[item.length - 1] = NEWLINE
  return { item, bytes: item.length, at }
}

/** A space would end the field: everything but printable ASCII becomes a hyphen. */
const hostName = (system: string) => system.replace(/[^\x21-\x7e]/g, '-').slice(0, MAX_HOST_LENGTH) || '-'

const messageId = (type: string) => type.replace(/[^\x21-\x7e]/g, '_').slice(0, MAX_MSGID_LENGTH) || '-'

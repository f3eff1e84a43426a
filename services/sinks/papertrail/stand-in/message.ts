// One syslog message by RFC 5424: https://www.rfc-editor.org/rfc/rfc5424#section-6

export type SyslogMessage = {
  facility: number
  severity: number
  /** Milliseconds since the epoch; NaN for `-`. */
  time: number
  host: string
  app: string
  procId: string
  msgId: string
  /** Structured data as it stands there; `-` for none. */
  data: string
  message: string
}

/** https://www.papertrail.com/help/troubleshooting-remote-syslog-reachability/: longer names are cut. */
const HOST_CHARACTERS = 120
const HIGHEST_PRIORITY = 191
const BYTE_ORDER_MARK = '\uFEFF'

const TIME = String.raw`(-|\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,6})?(?:Z|[+-]\d\d:\d\d))`
const ELEMENT = String.raw`\[[^ =\]"]{1,32}(?: [^ =\]"]{1,32}="(?:[^"\\\]]|\\.)*")*\]`
const HEADER = new RegExp(
  String.raw`<(0|[1-9]\d{0,2})>1 ${TIME} ([!-~]{1,255}) ([!-~]{1,48}) ([!-~]{1,128}) ([!-~]{1,32}) (-|(?:${ELEMENT})+)(?: |$)`,
  'y',
)

/** The parts of a message; undefined when its header is not as the RFC has it. */
export function parseSyslog(text: string): SyslogMessage | undefined {
  HEADER.lastIndex = 0
  const match = HEADER.exec(text)
  if (match === null) return undefined
  const priority = Number(match[1])
  const time = match[2] === '-' ? Number.NaN : Date.parse(match[2])
  if (priority > HIGHEST_PRIORITY || (match[2] !== '-' && Number.isNaN(time))) return undefined
  const message = text.slice(HEADER.lastIndex)
  return {
    facility: priority >> 3,
    severity: priority & 7,
    time,
    host: match[3].slice(0, HOST_CHARACTERS),
    app: match[4],
    procId: match[5],
    msgId: match[6],
    data: match[7],
    message: message.startsWith(BYTE_ORDER_MARK) ? message.slice(1) : message,
  }
}

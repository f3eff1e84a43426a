// What `tail` says: a line an event, when it comes.
import { LEVELS } from '../../events/types.ts'
import type { ShownEvent } from '../../operations/shown-event.ts'
import { count, cut } from '../table.ts'
import { type Paint, type Style, widthOf } from '../terminal.ts'
import type { Shown } from './shown.ts'

const TYPE_WIDTH = 8
const LONGEST_TYPE = 40
const TEXT_WIDTH = 120
const TEXT_LEAST = 30
const GAP = 2
/** The ingest takes no longer one. */
const MAX_ID = 256

export function presentEvent(event: ShownEvent | { left_out: number }, { style, width }: Shown): string {
  if ('left_out' in event)
    return style.yellow(`${count(event.left_out)} events came too fast for this terminal and are not shown`)
  const { logId, receivedAt, type, name, level, data, source } = event
  const who = [data?.connection, data?.client_name, data?.user_name, data?.description].filter(isShown)
  const words = [
    `${receivedAt.slice(0, 10)} ${receivedAt.slice(11, 23)}Z`,
    paintOf(level, style)(level.padEnd(8)),
    cut(type, LONGEST_TYPE).padEnd(TYPE_WIDTH),
  ]
  const about = [name, ...who].map((text) => cut(String(text), TEXT_WIDTH)).join(' · ')
  const from = source === 'webhook' || source === '' ? '' : `  (${cut(source, TYPE_WIDTH)})`
  const first = words.join('  ')
  // The log_id is for `explain`, so it is never cut; where there is no room beside the event it stands below.
  const room = width - widthOf(first) - GAP
  const beside = room - widthOf(logId) - widthOf(from) - GAP
  if (beside >= TEXT_LEAST || width === Number.POSITIVE_INFINITY) {
    const text = cut(about, Math.min(TEXT_WIDTH, beside))
    return `${first}  ${style.dim(cut(logId, MAX_ID))}  ${text}${style.dim(from)}`.trimEnd()
  }
  return `${first}  ${cut(about, Math.max(TEXT_LEAST, room))}\n    ${style.dim(`${cut(logId, MAX_ID)}${from}`)}`
}

const isShown = (text: unknown): boolean => typeof text === 'string' && text !== '' && text !== '***'

function paintOf(level: string, style: Style): Paint {
  const rank = LEVELS.findIndex((name) => name === level)
  return rank >= 3 ? style.red : rank === 2 ? style.yellow : style.dim
}

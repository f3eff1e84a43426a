// What `tail` says: a line an event, when it comes.
import { LEVELS } from '../../events/types.ts'
import type { TailEvent } from '../../operations/tail.ts'
import { count, cut } from '../table.ts'
import type { Paint, Style } from '../terminal.ts'
import type { Shown } from './shown.ts'

const TYPE_WIDTH = 8
const NAME_WIDTH = 32
const TEXT_WIDTH = 80

export function presentEvent(event: TailEvent | { left_out: number }, { style }: Shown): string {
  if ('left_out' in event)
    return style.yellow(`${count(event.left_out)} events came too fast for this terminal and are not shown`)
  const { receivedAt, type, name, level, data, source } = event
  const who = [data?.connection, data?.client_name, data?.user_name, data?.description].filter(isShown)
  const words = [
    receivedAt.slice(11, 23),
    paintOf(level, style)(level.padEnd(8)),
    type.padEnd(TYPE_WIDTH),
    cut(name, NAME_WIDTH).padEnd(NAME_WIDTH),
  ]
  return `${words.join('  ')}  ${cut(who.join(' · '), TEXT_WIDTH)}${source === 'webhook' ? '' : style.dim(`  (${source})`)}`.trimEnd()
}

const isShown = (text: unknown): boolean => typeof text === 'string' && text !== '' && text !== '***'

function paintOf(level: string, style: Style): Paint {
  const rank = LEVELS.findIndex((name) => name === level)
  return rank >= 3 ? style.red : rank === 2 ? style.yellow : style.dim
}

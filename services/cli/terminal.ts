// The terminal of a command: colours for people, one line of progress, nothing of either for programs.
import { stripVTControlCharacters, styleText } from 'node:util'
import stringWidth from 'string-width'
import { printableLine } from '../platform/printable.ts'
import type { LocalInstall } from './local-install.ts'

type Stream = { write: (text: string) => unknown; isTTY?: boolean; columns?: number }

/** What a command speaks through. Only main.ts hands in the real one. */
export type Terminal = {
  env: Readonly<Record<string, string | undefined>>
  /** Without the program's own name. */
  args: readonly string[]
  /** The folder `services`: whose settings `validate` checks. */
  servicesRoot: string
  /** What the `npm start` of this folder told of itself; empty where none runs. */
  local?: LocalInstall
  stdin: NodeJS.ReadStream
  stdout: Stream
  stderr: Stream
  /** Aborted by Ctrl-C and SIGTERM. */
  signal: AbortSignal
}

export type Paint = (text: string) => string
export type Style = Record<'bold' | 'dim' | 'red' | 'yellow' | 'green', Paint>

const PLAIN: Paint = (text) => text

/** Colours only on a terminal, and not where NO_COLOR is set: https://no-color.org */
export function createStyle(stream: Stream, env: Terminal['env']): Style {
  const wanted = stream.isTTY === true && !env.NO_COLOR && env.TERM !== 'dumb'
  const paint = (format: keyof Style): Paint =>
    wanted ? (text) => (text === '' ? text : styleText(format, text, { validateStream: false })) : PLAIN
  return { bold: paint('bold'), dim: paint('dim'), red: paint('red'), yellow: paint('yellow'), green: paint('green') }
}

/** Columns that a text takes on a terminal: wide characters take two, colours none. */
export const widthOf = (text: string): number =>
  /^[\x20-\x7e]*$/.test(text) ? text.length : stringWidth(stripVTControlCharacters(text))

/** Columns to write for: a terminal's own, or COLUMNS; without either a line may be as long as it likes. */
export function columnsOf({ isTTY, columns }: Stream, env: Terminal['env']): number {
  const asked = Number(env.COLUMNS)
  if (isTTY === true && columns) return columns
  return Number.isInteger(asked) && asked >= MIN_COLUMNS ? asked : Number.POSITIVE_INFINITY
}
const MIN_COLUMNS = 40

export type Progress = { show: (done: number, total: number, what: string) => void; clear: () => void }

const EVERY_MS = 100

/** One line on stderr that writes over itself; nothing where stderr is no terminal. */
export function createProgress(stream: Stream): Progress {
  if (stream.isTTY !== true) return { show: () => {}, clear: () => {} }
  let shownAt = 0
  let shown = false
  return {
    show(done, total, what) {
      const now = performance.now()
      if (now - shownAt < EVERY_MS && done < total) return
      shownAt = now
      shown = true
      const share = total > 0 ? `${String(Math.min(100, Math.floor((done / total) * 100))).padStart(3)} %  ` : ''
      stream.write(`\r\u001b[K${`${share}${printableLine(what)}`.slice(0, (stream.columns ?? 80) - 1)}`)
    },
    clear() {
      if (shown) stream.write('\r\u001b[K')
      shown = false
    },
  }
}

// The terminal of a command: colours for people, one line of progress, nothing of either for programs.
import { stripVTControlCharacters, styleText } from 'node:util'

type Stream = { write: (text: string) => unknown; isTTY?: boolean; columns?: number }

/** What a command speaks through. Only main.ts hands in the real one. */
export type Terminal = {
  env: Readonly<Record<string, string | undefined>>
  /** Without the program's own name. */
  args: readonly string[]
  /** The folder `services`: whose settings `validate` checks. */
  servicesRoot: string
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

/** Columns that a text takes on a terminal. */
export const widthOf = (text: string): number => [...stripVTControlCharacters(text)].length

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
      stream.write(`\r\u001b[K${share}${what}`.slice(0, (stream.columns ?? 80) + 3))
    },
    clear() {
      if (shown) stream.write('\r\u001b[K')
      shown = false
    },
  }
}

// `--watch`: the same view again and again, in its place on a terminal, one after the other in a pipe.
import { sleep } from '../platform/lifecycle.ts'
import type { Terminal } from './terminal.ts'

const EVERY_MS = 2_000
const HOME = '\u001b[H'
const CLEAR_LINE_END = '\u001b[K'
const CLEAR_BELOW = '\u001b[J'

/** Until Ctrl-C, which is no failure here, or for so many seconds. @param json one line of JSON each time */
export async function watch(
  { stdout, signal }: Terminal,
  seconds: number,
  json: boolean,
  view: () => Promise<string>,
): Promise<void> {
  const until = Date.now() + seconds * 1000
  const redraws = stdout.isTTY === true && !json
  for (let first = true; !signal.aborted; first = false) {
    const text = await view().catch((error: unknown) => {
      if (signal.aborted) return ''
      throw error
    })
    if (redraws) {
      const lines = text.split('\n').map((line) => line + CLEAR_LINE_END)
      stdout.write(`${first ? '\u001b[2J' : ''}${HOME}${lines.join('\n')}\n${CLEAR_BELOW}`)
    } else stdout.write(`${text}\n${json ? '' : '\n'}`)
    const left = until - Date.now()
    if (left <= 0) return
    await sleep(Math.min(EVERY_MS, left), signal)
    if (Date.now() >= until) return
  }
}

// A terminal for commands run in this process: what was typed, what was said.
import { Readable } from 'node:stream'
import { runCli } from '../../services/cli/run.ts'
import type { Terminal } from '../../services/cli/terminal.ts'

export type Said = { status: number; out: string; err: string }

/** Runs one command as main.ts does. @param options tty: as on a terminal; typed: what comes through a pipe */
export async function auth0Logs(
  args: readonly string[],
  env: Terminal['env'],
  { tty = false, typed = '', servicesRoot = 'services', local = {}, signal = new AbortController().signal } = {},
): Promise<Said> {
  const said = { out: '', err: '' }
  const stream = (name: keyof typeof said) => ({ isTTY: tty, columns: 120, write: (text: string) => (said[name] += text) })
  const stdin = Readable.from([Buffer.from(typed)]) as unknown as Terminal['stdin']
  const status = await runCli({ env, args, servicesRoot, local, stdin, stdout: stream('out'), stderr: stream('err'), signal })
  return { status, ...said }
}

// One run of the command: reads the command line, does what was asked, answers the exit status.
import { hostname } from 'node:os'
import { type Command, CommanderError } from 'commander'
import { operations, perform } from '../operations/index.ts'
import { type Context, Refusal, WrongUse } from '../operations/operation.ts'
import type { Status } from '../operations/status.ts'
import { errorText, SettingsError } from '../platform/errors.ts'
import { printable, printableDeep, printableJson } from '../platform/printable.ts'
import { type Certificate, SHOWN } from '../topics/proof-records.ts'
import { type OpenKafka, openKafka } from './kafka.ts'
import { ownCommands } from './own.ts'
import { present, streamed } from './present/index.ts'
import { type Shown, shownOn } from './present/shown.ts'
import { inTrouble } from './present/status.ts'
import { type Asked, createProgram } from './program.ts'
import { wrap } from './table.ts'
import { columnsOf, createProgress, createStyle, type Terminal } from './terminal.ts'
import { userName } from './user-name.ts'
import { watch } from './watch.ts'

const FAILED = 1
const WRONG_USE = 2
const PROVE = 'prove'
const PROOFS = 'proofs'

/** Answers the exit status: 0 done, 1 refused or failed, 2 wrong use or wrong settings. */
export async function runCli(terminal: Terminal): Promise<number> {
  const { stdout, stderr, args } = terminal
  const json = args.includes('--json')
  const run = { status: 0, command: '' }
  const done = (ended: number) => {
    run.status = ended
  }
  const ask = async (asked: Asked) => {
    run.command = asked.operation.name
    done(asked.verify === undefined ? await performAsked(terminal, asked) : await verified(terminal, asked.verify, asked.json))
  }
  const program = createProgram(operations, ownCommands(terminal), ask, done)
  const everywhere = (command: Command): void => {
    command.exitOverride().configureOutput({
      writeOut: (text) => void stdout.write(text),
      // With --json the error itself is told, once, by `told`.
      writeErr: (text) => void (json || stderr.write(printable(text))),
      getOutHelpWidth: () => Math.min(columnsOf(stdout, terminal.env), MAX_HELP_WIDTH),
    })
    command.commands.forEach(everywhere)
  }
  everywhere(program)
  if (args.length === 0) {
    program.outputHelp()
    return 0
  }
  try {
    await program.parseAsync([...args], { from: 'user' })
    return run.status
  } catch (error) {
    return told(error, terminal, json, run.command)
  }
}
const MAX_HELP_WIDTH = 100

async function verified(terminal: Terminal, file: string, asJson: boolean): Promise<number> {
  return (await import('./certificates.ts')).verifyCertificate(terminal, file, asJson)
}

async function performAsked(terminal: Terminal, asked: Asked): Promise<number> {
  const kafka = await openKafka(terminal.env)
  const progress = createProgress(terminal.stderr)
  try {
    return await shownOnce(terminal, asked, kafka, progress)
  } finally {
    progress.clear()
    await kafka.close()
  }
}

async function shownOnce(
  terminal: Terminal,
  asked: Asked,
  { client, producer, log }: OpenKafka,
  progress: ReturnType<typeof createProgress>,
): Promise<number> {
  const { env, stdout, signal } = terminal
  const { operation, json, check, out } = asked
  const given = out === undefined ? asked.given : { ...asked.given, all: true }
  const by = `cli:${userName()}@${hostname()}`
  const proves = operation.name === PROVE || operation.name === PROOFS ? await import('./certificates.ts') : undefined
  const key = proves?.proveKey(env)
  const context: Context = { client, producer, log, by, signal, progress: progress.show, ...(key ? { proveKey: key } : {}) }
  const style = createStyle(stdout, env)
  const shown = (): Shown => shownOn(style, columnsOf(stdout, env), given)
  const print = (text: string) => void stdout.write(`${text}\n`)
  const text = (result: object) =>
    json
      ? printableJson(JSON.stringify(result, null, asked.watch ? undefined : 2))
      : present(operation.name, printableDeep(result), shown())
  const once = async () => perform(context, 'operator', operation.name, given)
  if (operation.stream) {
    const one = streamed(operation.name)
    const emit = (event: object) => print(json ? printableJson(JSON.stringify(event)) : one(printableDeep(event), shown()))
    await perform(context, 'operator', operation.name, given, emit)
    return 0
  }
  let last: object = {}
  if (asked.watch) await watch(terminal, asked.watch, json, async () => text((last = await once())))
  else {
    last = await once()
    if (asked.askVendor && proves?.isCertificate(last))
      last = await (await import('./ask-vendor.ts')).askVendors(context, terminal, last, asked.askVendor)
    progress.clear()
    if (proves?.isCertificate(last) && out !== undefined) {
      await proves.writeCertificate(out, last)
      last = { ...last, list: last.list.slice(0, SHOWN) }
    }
    print(text(last))
  }
  if (operation.name === PROVE && proves?.isCertificate(last)) return isProved(last, given) ? 0 : FAILED
  return check === true && (last as Status).services?.some(inTrouble) ? FAILED : 0
}

/** Complete, or as complete as can be where Auth0 was not to be asked; and no vendor that was to be asked could not be. */
const isProved = ({ verdict, reasons, sinks }: Certificate, { auth0 }: Record<string, unknown>) =>
  (verdict === 'complete' || (auth0 === false && reasons.every(({ reason }) => reason === 'auth0_not_asked'))) &&
  sinks.every(({ vendor }) => vendor?.state !== 'failed')

/** Says on stderr what went wrong, as JSON where the result would have been, and answers the exit status for it. */
function told(error: unknown, { stderr, env, signal }: Terminal, json: boolean, command: string): number {
  const { kind, message, status } = verdict(error, env, signal, command)
  if (kind === 'help') return status
  if (json) stderr.write(`${printableJson(JSON.stringify({ error: kind, message }))}\n`)
  else if (kind === 'stopped') stderr.write('stopped\n')
  else if (!(error instanceof CommanderError))
    stderr.write(`${wrap(`${createStyle(stderr, env).red('error:')} ${printable(message)}`, columnsOf(stderr, env), 0, 0)}\n`)
  return status
}

/** `kind` is what programs see: wrong_use, wrong_settings, refused, stopped, failed. commander has written its own errors itself. */
function verdict(
  error: unknown,
  env: Terminal['env'],
  signal: AbortSignal,
  command: string,
): { kind: string; message: string; status: number } {
  if (error instanceof CommanderError) {
    const kind = error.exitCode === 0 ? 'help' : 'wrong_use'
    return { kind, message: error.message.replace(/^error: /, ''), status: error.exitCode === 0 ? 0 : WRONG_USE }
  }
  if (signal.aborted) return { kind: 'stopped', message: 'stopped', status: FAILED }
  if (error instanceof WrongUse) {
    const message = `${error.message}\nauth0-logs ${command} --help shows its arguments and options`
    return { kind: 'wrong_use', message, status: WRONG_USE }
  }
  if (error instanceof SettingsError) return { kind: 'wrong_settings', message: error.message, status: WRONG_USE }
  if (error instanceof Refusal) return { kind: 'refused', message: error.message, status: FAILED }
  const stack = env.DEBUG ? `\n${(error as Error).stack}` : ''
  return { kind: 'failed', message: `${errorText(error)}${stack}`, status: FAILED }
}

// One run of the command: reads the command line, does what was asked, answers the exit status.
import { hostname, userInfo } from 'node:os'
import { CommanderError } from 'commander'
import { operations, perform } from '../operations/index.ts'
import { type Context, Refusal, WrongUse } from '../operations/operation.ts'
import { errorText, SettingsError } from '../platform/errors.ts'
import { openKafka } from './kafka.ts'
import { ownCommands } from './own.ts'
import { present, streamed } from './present/index.ts'
import { type Asked, createProgram } from './program.ts'
import { createProgress, createStyle, type Terminal } from './terminal.ts'

const FAILED = 1
const WRONG_USE = 2

/** Answers the exit status: 0 done, 1 refused or failed, 2 wrong use or wrong settings. */
export async function runCli(terminal: Terminal): Promise<number> {
  const { stdout, stderr, args } = terminal
  let status = 0
  const done = (ended: number) => {
    status = ended
  }
  const program = createProgram(operations, ownCommands(terminal), (asked) => performAsked(terminal, asked), done)
  const everywhere = (command: typeof program): void => {
    command
      .exitOverride()
      .configureOutput({ writeOut: (text) => void stdout.write(text), writeErr: (text) => void stderr.write(text) })
    command.commands.forEach(everywhere)
  }
  everywhere(program)
  if (args.length === 0) {
    program.outputHelp()
    return 0
  }
  try {
    await program.parseAsync([...args], { from: 'user' })
    return status
  } catch (error) {
    return told(error, terminal)
  }
}

async function performAsked(terminal: Terminal, { operation, given, json }: Asked): Promise<void> {
  const { env, stdout, stderr, signal } = terminal
  const { client, producer, log, close } = await openKafka(env)
  const progress = createProgress(stderr)
  const by = `cli:${userInfo().username}@${hostname()}`
  const context: Context = { client, producer, log, by, signal, progress: progress.show }
  const shown = { style: createStyle(stdout, env), now: Date.now(), given }
  const print = (text: string) => void stdout.write(`${text}\n`)
  try {
    if (operation.stream) {
      const one = streamed(operation.name)
      const emit = (event: object) => print(json ? JSON.stringify(event) : one(event, shown))
      return void (await perform(context, 'operator', operation.name, given, emit))
    }
    const result = await perform(context, 'operator', operation.name, given)
    progress.clear()
    print(json ? JSON.stringify(result, null, 2) : present(operation.name, result, shown))
  } finally {
    progress.clear()
    await close()
  }
}

/** Says on stderr what went wrong, and answers the exit status for it. */
function told(error: unknown, { stderr, env, signal }: Terminal): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : WRONG_USE // commander has said it
  const { red } = createStyle(stderr, env)
  const say = (text: string) => void stderr.write(`${red('error:')} ${text}\n`)
  if (signal.aborted) {
    stderr.write('stopped\n')
    return FAILED
  }
  if (error instanceof WrongUse) {
    say(`${error.message}\nauth0-logs <command> --help tells what it takes`)
    return WRONG_USE
  }
  if (error instanceof SettingsError) {
    say(error.message)
    return WRONG_USE
  }
  say(error instanceof Refusal ? error.message : `${errorText(error)}${env.DEBUG ? `\n${(error as Error).stack}` : ''}`)
  return FAILED
}

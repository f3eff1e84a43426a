// The commands: one a row of the operations, and the few that are no operations. commander reads the command line.
import { Command, Option } from 'commander'
import { version } from '../platform/version.ts'
import { VENDOR_ASKS, type VendorAsk } from '../topics/proof-records.ts'
import type { Input, Inputs, Operation } from '../operations/operation.ts'

/** What a command was asked to do: its operation with the texts given. */
/**
 * `watch`: again and again, for so many seconds at most; `check`: trouble is exit status 1. `verify`: the file of a certificate to look at,
 * instead of the operation; `out`: the file that takes the result whole. `askVendor`: whether the vendors are asked about the proof's logs.
 */
export type Asked = {
  operation: Operation
  given: Record<string, unknown>
  json: boolean
  watch?: number
  check?: boolean
  verify?: string
  out?: string
  askVendor?: VendorAsk
}

/** A command that is no operation: it may do without Kafka. Answers its exit status. */
export type OwnCommand = { summary: string; add: (command: Command, done: (status: number) => void) => void; name: string }

const LOOKING = 'Look:'
const STEERING = 'Steer:'
const SETTING_UP = 'Set up:'

const EXIT_STATUS = `
Exit status: 0 done, 1 refused or failed, 2 wrong use or wrong settings.
Kafka is found by KAFKA_BROKERS and TOPIC_PREFIX, from the environment or a .env file in this folder.
auth0-logs <command> --help shows a command's options and examples.`

export function createProgram(
  operations: readonly Operation[],
  own: readonly OwnCommand[],
  ask: (asked: Asked) => Promise<void>,
  done: (status: number) => void,
): Command {
  const program = new Command('auth0-logs')
    .description('Watch and steer the Auth0 log pipeline.')
    .version(version, '-V, --version', 'the version')
    .addHelpText('after', EXIT_STATUS)
    .helpCommand(false)
    .showSuggestionAfterError()
    .showHelpAfterError('auth0-logs --help lists the commands')
    .configureHelp({ sortSubcommands: false, subcommandTerm: (command) => command.name() })
  for (const operation of operations) addOperation(program, operation, ask)
  program.commandsGroup(SETTING_UP)
  for (const { name, summary, add } of own) add(program.command(name).summary(summary).description(sentence(summary)), done)
  return program
}

function addOperation(program: Command, operation: Operation, ask: (asked: Asked) => Promise<void>): void {
  const { name, summary, inputs, examples = [], role } = operation
  const command = commandAt(program, name.split(' '), role === 'viewer' ? LOOKING : STEERING)
  command.summary(summary).description(sentence(summary))
  const entries = Object.entries(inputs)
  const positional = entries.filter(([, input]) => input.positional)
  for (const [input, { required, meaning }] of positional) command.argument(required ? `<${input}>` : `[${input}]`, meaning)
  for (const [input, row] of entries) if (!row.positional) command.addOption(optionOf(input, row))
  command.option('--json', 'the result as JSON, for programs')
  if (name === STATUS) addStatusOptions(command)
  if (name === PROVE) {
    command.option('--verify <file>', VERIFY)
    command.addOption(new Option('--ask-vendor [how]', ASK_VENDOR).choices(VENDOR_ASKS).preset('sample').conflicts('detach'))
  }
  if (name === PROVE || name === PROOFS) command.option('--out <file>', OUT)
  command.showHelpAfterError(`auth0-logs ${name} --help shows its arguments and options`)
  if (examples.length > 0) command.addHelpText('after', `\nExamples:\n${examples.map((line) => `  ${line}`).join('\n')}`)
  command.action(async (...args: unknown[]) => {
    const {
      json = false,
      watch,
      check,
      for: seconds,
      verify,
      out,
      askVendor,
      ...options
    } = command.opts<Record<string, unknown>>()
    const given = { ...namedByInput(inputs, options), ...Object.fromEntries(positional.map(([input], i) => [input, args[i]])) }
    const watching = watch === true || seconds !== undefined ? { watch: Number(seconds ?? Number.POSITIVE_INFINITY) } : {}
    const files = { ...(typeof verify === 'string' ? { verify } : {}), ...(typeof out === 'string' ? { out } : {}) }
    const vendors = VENDOR_ASKS.filter((how) => how === askVendor).map((how) => ({ askVendor: how }))
    await ask({ operation, given, json: json === true, check: check === true, ...watching, ...files, ...vendors[0] })
  })
}

const STATUS = 'status'
const PROVE = 'prove'
const PROOFS = 'proofs'
const VERIFY = 'look whether a certificate is as it was made, without Kafka; PROVE_KEY (its public half will do) says by whom'
const ASK_VENDOR =
  'also ask the vendors that can be asked whether they hold what was delivered, with the settings of the sinks from this environment'
const OUT = 'write the certificate with every difference into a file, which --verify takes'

function addStatusOptions(command: Command): void {
  const seconds = (text: string) => {
    if (/^[1-9]\d{0,6}$/.test(text)) return Number(text)
    return command.error(`error: for must be a number of seconds, not ${JSON.stringify(text)}`)
  }
  command
    .option('--watch', 'show it again every 2 s, until Ctrl-C')
    .option('--for <seconds>', 'stop watching after this many seconds', seconds)
    .option('--check', 'exit status 1 if any service is in trouble, for scripts and probes')
}

/** `jobs list` is the command `list` of the command `jobs`. */
function commandAt(program: Command, [first, ...rest]: string[], group: string): Command {
  const existing = program.commands.find((command) => command.name() === first)
  const command = existing ?? program.command(first).helpGroup(group)
  if (rest.length === 0) return command
  if (!existing) command.helpCommand(false)
  const leaf = commandAt(command, rest, group)
  // Its own line in the help: what it is about, from its verbs.
  command.summary(command.commands.map((verb) => verb.name()).join(', '))
  return leaf
}

function optionOf(name: string, { kind, meaning, choices, default: standard }: Input): Option {
  const flag = `--${kebab(name)}`
  const told = standard === undefined || standard === false || standard === '' ? meaning : `${meaning} (default ${standard})`
  const hint = choices ? `${told}: ${choices.join(', ')}` : told
  if (kind === 'boolean') return new Option(standard === true ? `--no-${kebab(name)}` : flag, meaning)
  const value = kind === 'integer' ? 'n' : kind === 'list' ? 'entries' : 'value'
  const option = new Option(`${flag} <${value}>`, hint)
  return kind === 'list' ? option.argParser((text: string, before: string[] = []) => [...before, text]) : option
}

/** commander names options in camel case; inputs keep their own names. */
function namedByInput(inputs: Inputs, options: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(
    Object.keys(inputs).flatMap((name) => {
      const value = options[camel(name)]
      return value === undefined ? [] : [[name, value]]
    }),
  )
}

const kebab = (name: string) => name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`).replaceAll('_', '-')
const camel = (name: string) => kebab(name).replaceAll(/-([a-z])/g, (_, letter: string) => letter.toUpperCase())
const sentence = (text: string) => `${text[0].toUpperCase()}${text.slice(1)}.`

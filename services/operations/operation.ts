// What an operation is: one row a verb. The CLI's commands, the REST routes, the audit records and the console's forms all come from it.
import type { KeyObject } from 'node:crypto'
import type { Logger } from '../platform/logger.ts'
import type { KafkaClient } from '../topics/client.ts'
import type { TopicProducer } from '../topics/produce.ts'

export type Role = 'viewer' | 'operator'

/** One value that a verb takes. */
export type Input = {
  meaning: string
  kind: 'text' | 'integer' | 'boolean' | 'choice' | 'list'
  required?: boolean
  /** Given by its place on the command line, not as `--name`. */
  positional?: boolean
  choices?: readonly string[]
  default?: string | number | boolean
  /** What a form may offer: names of sinks or of services, from the control topic. */
  suggest?: 'sink' | 'service'
}
export type Inputs = Readonly<Record<string, Input>>
/** The values of a verb's inputs after `readInput`: absent ones are undefined unless they have a default. */
export type Values = Readonly<Record<string, string | number | boolean | string[] | undefined>>

/** What a verb works with. */
export type Context = {
  client: KafkaClient
  producer: TopicProducer
  log: Logger
  /** Who asks, for control and audit records: `cli:root@host`, or a console user's name. */
  by: string
  /** Aborted when the asker has gone: long work ends, never half done. */
  signal: AbortSignal
  /** Long work tells how far it is. */
  progress: (done: number, total: number, what: string) => void
  /** Signs certificates that are made here; undefined where PROVE_KEY is not set. */
  proveKey?: KeyObject
}

export type Operation = {
  name: string
  /** One line, for help and buttons. */
  summary: string
  role: Role
  inputs: Inputs
  /** With such input an operator's verb only looks, as a dry run does: every role may, and nothing is recorded. */
  looks?: (values: Values) => boolean
  /** What of the input goes into the audit record, where it may hold what must not be kept. All of it unless given. */
  audited?: (given: Readonly<Record<string, unknown>>) => Record<string, unknown>
  /** Shown in help; complete command lines. */
  examples?: readonly string[]
  /**
   * Does it and answers what came of it as JSON, `before` and `after` where it changed something.
   * @throws WrongUse for input that makes no sense, Refusal for what cannot be done now
   */
  run: (context: Context, values: Values) => Promise<object>
  /**
   * Only verbs that follow something, as `tail`: gives each object as soon as it is there, until `context.signal` is aborted; then it
   * resolves. Where `emit` answers a promise it is waited for; what comes too fast meanwhile is left out, counted, and said so in an
   * object `{ left_out: n }`. `run` of such a verb follows for a short time and answers all at once.
   */
  stream?: (context: Context, values: Values, emit: (one: object) => void | Promise<void>) => Promise<void>
}

/** Input that makes no sense: exit status 2, HTTP 400. `field` names the input. */
export class WrongUse extends Error {
  override name = 'WrongUse'
  readonly field: string
  constructor(field: string, problem: string) {
    super(`${field}: ${problem}`)
    this.field = field
  }
}

/** What cannot be done as things are, in words that say what to do: exit status 1, HTTP 409. */
export class Refusal extends Error {
  override name = 'Refusal'
}

/**
 * The values of a verb's inputs from texts (command line) or JSON (REST). Unknown names, missing ones and wrong kinds are all told.
 * @throws WrongUse naming the first wrong field
 */
export function readInput(inputs: Inputs, given: Readonly<Record<string, unknown>>): Values {
  for (const name of Object.keys(given))
    if (!Object.hasOwn(inputs, name)) throw new WrongUse(name.slice(0, 100), 'is not known here')
  const values: Record<string, Values[string]> = {}
  for (const [name, input] of Object.entries(inputs)) {
    const raw = Object.hasOwn(given, name) ? given[name] : undefined
    if (raw === undefined || raw === null || raw === '') {
      if (input.required) throw new WrongUse(name, `is missing: ${input.meaning}`)
      values[name] = input.default
    } else values[name] = readValue(name, input, raw)
  }
  return values
}

function readValue(name: string, { kind, choices }: Input, raw: unknown): Values[string] {
  const isList = Array.isArray(raw)
  if (isList && !raw.every(isPlain)) throw new WrongUse(name, 'must be a list of texts')
  if (!isList && !isPlain(raw)) throw new WrongUse(name, 'must be a text')
  const text = isList ? raw.join(',') : String(raw)
  switch (kind) {
    case 'integer': {
      if (!/^\d+$/.test(text)) throw new WrongUse(name, `must be a whole number, not ${quoted(text)}`)
      if (!Number.isSafeInteger(Number(text))) throw new WrongUse(name, `is too large: ${quoted(text)}`)
      return Number(text)
    }
    case 'boolean': {
      if (text !== 'true' && text !== 'false') throw new WrongUse(name, `must be true or false, not ${quoted(text)}`)
      return text === 'true'
    }
    case 'choice': {
      if (!choices?.includes(text)) throw new WrongUse(name, `must be one of ${choices?.join(', ')}, not ${quoted(text)}`)
      return text
    }
    case 'list':
      return text
        .split(',')
        .map((entry) => entry.trim())
        .filter((entry) => entry !== '')
    default: {
      if (isList) throw new WrongUse(name, 'must be a text')
      return text
    }
  }
}

const isPlain = (raw: unknown) => typeof raw === 'string' || typeof raw === 'number' || typeof raw === 'boolean'

/** What was given, in quotes; long texts are cut, for they come back in errors and audit records. */
export const quoted = (text: string): string => JSON.stringify(text.length > 100 ? `${text.slice(0, 99)}…` : text)

// Settings: one row a setting. From the row come validation, masking, the README's tables and the operator's form.
import { type Problem, SettingsError } from './errors.ts'
import { misspelt } from './misspelt.ts'

export type Environment = Readonly<Record<string, string | undefined>>

/** One setting. `names[0]` is the name to use; a later name is read when no earlier one is set. */
export type Field<T = unknown> = {
  names: readonly [string, ...string[]]
  kind: 'text' | 'integer' | 'boolean' | 'choice' | 'list'
  meaning: string
  default?: T
  required?: boolean
  /** Never shown: not in logs, errors, descriptors or forms. */
  secret?: boolean
  unit?: string
  choices?: readonly string[]
  /** Of an integer. */
  min?: number
  max?: number
  /** May be changed by an operator while the service runs. */
  live?: boolean
  /** Answers the value, or what is wrong with the text in words that fit after the setting's name. */
  parse: (text: string) => { value: T } | { problem: string }
}

export type Fields = Readonly<Record<string, Field>>
export type Settings<F extends Fields> = { -readonly [K in keyof F]: F[K] extends Field<infer T> ? T : never }

type Options<T> = Partial<Pick<Field<T>, 'required' | 'secret' | 'unit' | 'live' | 'default'>> & { also?: readonly string[] }
type Check<T> = (value: T) => string | undefined

function row<T>(
  kind: Field['kind'],
  name: string,
  meaning: string,
  options: Options<NoInfer<T>>,
  parse: Field<T>['parse'],
): Field<T> {
  const { also = [], ...rest } = options
  return { names: [name, ...also], kind, meaning, parse, ...rest }
}

/** A text setting; without default and not required its value is `''`. */
export function text(name: string, meaning: string, options: Options<string> & { check?: Check<string> } = {}): Field<string> {
  const { check, ...rest } = options
  return row<string>('text', name, meaning, { default: '', ...rest }, (value) => {
    const problem = check?.(value)
    return problem ? { problem } : { value }
  })
}

export function integer(name: string, meaning: string, options: Options<number> & { min?: number; max?: number }): Field<number> {
  const { min = 0, max = Number.MAX_SAFE_INTEGER, ...rest } = options
  const field = row<number>('integer', name, meaning, rest, (text) => {
    const value = Number(text)
    const range = max === Number.MAX_SAFE_INTEGER ? `of ${min} or more` : `from ${min} to ${max}`
    if (!/^-?\d+$/.test(text) || value < min || value > max) return { problem: `must be a whole number ${range}` }
    return { value }
  })
  return { ...field, min, max }
}

export function boolean(name: string, meaning: string, options: Options<boolean>): Field<boolean> {
  return row<boolean>('boolean', name, meaning, options, (text) => {
    if (/^(true|1|yes|on)$/i.test(text)) return { value: true }
    if (/^(false|0|no|off)$/i.test(text)) return { value: false }
    return { problem: 'must be true or false' }
  })
}

export function choice<const C extends string>(
  name: string,
  meaning: string,
  choices: readonly C[],
  options: Options<C>,
): Field<C> {
  const field = row<C>('choice', name, meaning, options, (text) => {
    const value = choices.find((c) => c.toLowerCase() === text.toLowerCase())
    return value === undefined ? { problem: `must be one of ${choices.join(', ')}` } : { value }
  })
  return { ...field, choices }
}

/** Comma-separated entries, each trimmed, empty ones dropped. */
export function list(
  name: string,
  meaning: string,
  options: Options<string[]> & { check?: Check<string[]> } = {},
): Field<string[]> {
  const { check, ...rest } = options
  return row<string[]>('list', name, meaning, { default: [], ...rest }, (text) => {
    const value = text
      .split(',')
      .map((entry) => entry.trim())
      .filter((entry) => entry !== '')
    const problem = check?.(value)
    return problem ? { problem } : { value }
  })
}

/** A setting of its own kind: `parse` makes the value that the service works with. */
export function parsed<T>(
  name: string,
  meaning: string,
  parse: Field<T>['parse'],
  options: Options<T> & { kind?: Field['kind'] } = {},
): Field<T> {
  const { kind = 'text', ...rest } = options
  return row(kind, name, meaning, rest, parse)
}

/**
 * All settings of a service from its environment; empty and blank values count as not set.
 * @param related names that other rows of the project use: never reported as a misspelling.
 * @throws SettingsError with every problem at once; the text of a secret is in none of them.
 */
export function readSettings<F extends Fields>(fields: F, env: Environment, related: readonly string[] = []): Settings<F> {
  const { settings, problems } = checkSettings(fields, env, related)
  if (problems.length > 0) throw new SettingsError(problems)
  return settings
}

/**
 * As readSettings, for those who show the problems themselves. `settings` is complete only where there are none.
 * `notes`: what the operator should know although it is not a problem.
 */
export function checkSettings<F extends Fields>(
  fields: F,
  env: Environment,
  related: readonly string[] = [],
): { settings: Settings<F>; problems: Problem[]; notes: string[] } {
  const settings: Record<string, unknown> = {}
  const problems: Problem[] = []
  const notes: string[] = []
  const typos = misspeltNames(fields, env, related)
  for (const [key, field] of Object.entries(fields)) {
    const setting = givenName(field, env)
    if (setting === undefined) {
      const typo = typos.find((t) => field.names.includes(t.meant))
      const link = field.names.find((name) => isServiceLink(name, env))
      if (link) notes.push(`${link} ${LINKED}`)
      const hint = typo ? ` (${typo.given} is set: did you mean ${typo.meant}?)` : link ? ` (${link} ${LINKED})` : ''
      if (field.required) problems.push({ setting: field.names[0], problem: `is missing: ${field.meaning}${hint}` })
      settings[key] = field.default
      continue
    }
    const value = env[setting] as string
    const result = field.parse(value.trim())
    if ('value' in result) settings[key] = result.value
    else problems.push({ setting, problem: `${result.problem}${field.secret ? '' : `, not ${quote(value)}`}` })
  }
  for (const { given, meant } of typos) {
    if (!problems.some((p) => p.problem.includes(`${given} is set`))) {
      problems.push({ setting: given, problem: `is not a setting: did you mean ${meant}?` })
    }
  }
  return { settings: settings as Settings<F>, problems, notes }
}

/** The name under which a field is set, if it is. */
export function givenName(field: Field, env: Environment): string | undefined {
  return field.names.find((name) => (env[name] ?? '').trim() !== '' && !isServiceLink(name, env))
}

const LINKED =
  'holds an address that Kubernetes or Docker puts there for a Service of the same name: it is not a setting and is ignored. ' +
  'Set the number, or enableServiceLinks: false in the pod'

/**
 * Whether a variable is one of those that every pod gets for every Service of its namespace, as Docker links do too: `X_PORT` with an
 * address in it, and more of other names. https://kubernetes.io/docs/concepts/services-networking/service/#environment-variables
 */
function isServiceLink(name: string, env: Environment): boolean {
  if (/_(SERVICE_HOST|SERVICE_PORT(_[A-Z\d_]+)?|PORT_\d+_(TCP|UDP|SCTP)(_(PROTO|PORT|ADDR))?)$/.test(name)) return true
  return name.endsWith('_PORT') && /^(tcp|udp|sctp):\/\/\S+:\d+$/i.test((env[name] ?? '').trim())
}

/** A setting as forms and `status` show it; the text of a secret is never in it. */
export type ShownField = Required<Pick<Field, 'kind' | 'meaning' | 'unit' | 'secret' | 'required' | 'live'>> & {
  name: string
  /** As text, empty where there is none. */
  default: string
  choices: string[]
  /** Of an integer: the range that the service takes. */
  min?: number
  max?: number
  /** The text given, `***` for a secret, empty where not set. */
  value: string
}

/** Every row as it may be shown. */
export function showFields(fields: Fields, env: Environment): ShownField[] {
  return Object.values(fields).map((field) => {
    const { kind, meaning, unit = '', secret = false, required = false, live = false, choices = [], min, max } = field
    const given = givenName(field, env)
    return {
      name: field.names[0],
      kind,
      meaning,
      default: textOf(field.default),
      unit,
      choices: [...choices],
      ...(min === undefined ? {} : { min }),
      ...(max === undefined ? {} : { max }),
      secret,
      required,
      live,
      value: given === undefined ? '' : secret ? '***' : (env[given] as string).trim(),
    }
  })
}

/** A default as an operator would write it; what has no such form shows as nothing. */
function textOf(value: unknown): string {
  if (Array.isArray(value)) return value.every((entry) => typeof entry === 'string') ? value.join(',') : ''
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? String(value) : ''
}

/** Names in the environment that are set, belong to nobody, and were meant to be one of these settings. */
function misspeltNames(fields: Fields, env: Environment, related: readonly string[]) {
  const names = Object.values(fields).flatMap((field) => field.names)
  const known = new Set([...names, ...related])
  const isSet = (name: string) => (env[name] ?? '').trim() !== '' && !isServiceLink(name, env)
  return misspelt(
    Object.keys(env).filter((name) => isSet(name) && !known.has(name)),
    names,
  )
}

const quote = (value: string) => JSON.stringify(value.length > 60 ? `${value.slice(0, 57)}…` : value)

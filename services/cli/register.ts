// `register`: the tenant's log stream to the ingest, created or brought up to date by its name. Here is what is wanted and what that changes.
import { isDeepStrictEqual } from 'node:util'
import type { Auth0, HttpStream, StreamChanges, StreamSettings } from '../auth0/client.ts'
import { Auth0Problem } from '../auth0/problem.ts'
import { Refusal, WrongUse } from '../operations/operation.ts'

export const BODY_FORMATS = ['JSONLINES', 'JSONARRAY', 'JSONOBJECT'] as const
export const PII_KINDS = ['first_name', 'last_name', 'username', 'email', 'phone', 'address'] as const
/** The categories that a stream can be limited to. https://auth0.com/docs/customize/log-streams/event-filters */
export const FILTERS = [
  'actions',
  'auth.login.fail',
  'auth.login.notification',
  'auth.login.success',
  'auth.logout.fail',
  'auth.logout.success',
  'auth.signup.fail',
  'auth.signup.success',
  'auth.silent_auth.fail',
  'auth.silent_auth.success',
  'auth.token_exchange.fail',
  'auth.token_exchange.success',
  'management.fail',
  'management.success',
  'scim.event',
  'system.notification',
  'user.fail',
  'user.notification',
  'user.success',
  'other',
] as const
const SCOPES = 'read:log_streams, create:log_streams and update:log_streams'

/** What was typed, as commander hands it over. */
export type Typed = {
  name: string
  url?: string
  token?: string
  format?: string
  startFrom?: string
  priority?: boolean
  filter?: string[]
  pii?: string
  piiFields?: string
  header?: string[]
  pause?: boolean
  resume?: boolean
}

/** What the stream is to be; what is left out stays as it is, or as Auth0 makes it. */
export type Wanted = Omit<StreamChanges, 'sink'> & {
  name: string
  sink: Partial<StreamSettings['sink']>
  startFrom?: string
}

/** One difference, as `--dry-run` and the answer show it: JSON, tokens and headers hidden. */
export type Change = { field: string; from: string; to: string }

export type Registered = {
  done: 'created' | 'updated' | 'unchanged' | 'would be created' | 'would be updated'
  id: string
  name: string
  status: string
  url: string
  changes: Change[]
  warnings: string[]
}

/** What was typed, checked. @param tokens INGEST_TOKENS, whose first one is used where none is typed @throws WrongUse */
export function readWanted(typed: Typed, tokens: string): Wanted {
  const { name, startFrom, priority, pause, resume } = typed
  if (pause && resume) throw new WrongUse('pause', 'and --resume exclude each other')
  if (startFrom !== undefined && Number.isNaN(Date.parse(startFrom)))
    throw new WrongUse('start-from', `must be an ISO time such as 2026-01-31T12:00:00Z, not ${JSON.stringify(startFrom)}`)
  const filters = typed.filter
    ?.flatMap((text) => listed('filter', text, FILTERS))
    .map((category) => ({ type: 'category' as const, name: category }))
  return {
    name,
    sink: readSink(typed, tokens),
    ...(startFrom === undefined ? {} : { startFrom: new Date(startFrom).toISOString() }),
    ...(priority === undefined ? {} : { isPriority: priority }),
    ...(filters === undefined ? {} : { filters }),
    ...readPii(typed),
    ...(pause || resume ? { status: pause ? ('paused' as const) : ('active' as const) } : {}),
  }
}

function readSink({ url, token, format, header, pause, resume }: Typed, tokens: string): Wanted['sink'] {
  const protocol = URL.parse(url ?? '')?.protocol
  if (url === undefined && !pause && !resume) throw new WrongUse('url', 'is missing: the https address of the ingest')
  if (protocol === 'http:') throw new WrongUse('url', 'must be https: Auth0 sends logs to nothing else')
  if (url !== undefined && protocol !== 'https:')
    throw new WrongUse('url', `must be the https address of the ingest, not ${JSON.stringify(url)}`)
  const authorization = token ?? (url === undefined ? undefined : tokens.split(',')[0].trim())
  if (authorization === '') throw new WrongUse('token', 'is missing: give --token, or set INGEST_TOKENS as for the ingest')
  const known = format === undefined ? undefined : listed('format', format.toUpperCase(), BODY_FORMATS)[0]
  const headers = header?.map((text) => {
    const [, name, value] = /^([\w!#$%&'*+.^`|~-]+):\s*(.+)$/.exec(text) ?? []
    if (name === undefined) throw new WrongUse('header', `must be "name: value", not ${JSON.stringify(text)}`)
    return { header: name, value: value.trim() }
  })
  return {
    ...(url === undefined ? {} : { httpEndpoint: url }),
    ...(authorization === undefined ? {} : { httpAuthorization: authorization }),
    ...(known === undefined ? {} : { httpContentFormat: known }),
    ...(headers === undefined ? {} : { httpCustomHeaders: headers }),
  }
}

function readPii({ pii, piiFields }: Typed): Pick<Wanted, 'pii_config'> {
  if (pii === undefined && piiFields === undefined) return {}
  const [method] = listed('pii', pii ?? 'mask', ['mask', 'hash'] as const)
  return {
    pii_config: {
      log_fields: piiFields === undefined ? [...PII_KINDS] : listed('pii-fields', piiFields, PII_KINDS),
      method,
      ...(method === 'hash' ? { algorithm: 'xxhash' as const } : {}),
    },
  }
}

function listed<const T extends string>(field: string, text: string, allowed: readonly T[]): T[] {
  return text.split(',').map((entry) => {
    const found = allowed.find((one) => one === entry.trim())
    if (!found) throw new WrongUse(field, `must be one of ${allowed.join(', ')}, not ${JSON.stringify(entry.trim())}`)
    return found
  })
}

/**
 * Makes the stream what is wanted, or with `dryRun` says what that would change. @param tokens INGEST_TOKENS, where it is set: a token that
 * is not among them is worth a word @throws Refusal
 */
export async function register(
  auth0: Auth0,
  wanted: Wanted,
  { tokens, dryRun, signal }: { tokens: string; dryRun: boolean; signal: AbortSignal },
): Promise<Registered> {
  try {
    const existing = (await auth0.httpStreams(signal)).find((stream) => stream.name === wanted.name)
    const { status, startFrom, ...rest } = settingsOf(wanted, existing)
    const changes = changesOf(existing, { ...rest, status, ...(existing ? {} : { startFrom }) })
    const isChanged = !existing || changes.length > 0
    let stream = existing ?? { id: '', status: '', ...rest }
    if (!dryRun && !existing) {
      stream = await auth0.createStream({ ...rest, startFrom }, signal)
      // A new stream is always active: pausing it is a change of its own.
      if (status === 'paused') stream = await auth0.updateStream(stream.id, { status }, signal)
    } else if (!dryRun && isChanged && existing) {
      stream = await auth0.updateStream(
        existing.id,
        { ...rest, ...(status && status !== existing.status ? { status } : {}) },
        signal,
      )
    }
    const done = !isChanged
      ? 'unchanged'
      : dryRun
        ? (`would be ${existing ? 'updated' : 'created'}` as const)
        : existing
          ? 'updated'
          : 'created'
    const told = dryRun ? { ...stream, ...rest, status: status ?? stream.status } : stream
    return {
      done,
      id: stream.id,
      name: wanted.name,
      status: told.status ?? '',
      url: told.sink?.httpEndpoint ?? '',
      changes,
      warnings: warningsOf(told as HttpStream, wanted, existing !== undefined, tokens),
    }
  } catch (error) {
    if (!(error instanceof Auth0Problem)) throw error
    throw new Refusal(error.message.includes('scope') ? `${error.message}; register needs ${SCOPES}` : error.message)
  }
}

/** All of the stream as it is to be: a PATCH replaces the whole sink. @throws Refusal where a new one has no address */
function settingsOf(wanted: Wanted, existing: HttpStream | undefined): Wanted & StreamSettings {
  const sink = { httpContentFormat: 'JSONLINES' as const, httpContentType: 'application/json', ...existing?.sink, ...wanted.sink }
  if (sink.httpEndpoint === undefined)
    throw new Refusal(`the tenant has no webhook stream ${JSON.stringify(wanted.name)}: give --url to create it`)
  return { ...wanted, sink: { ...sink, httpEndpoint: sink.httpEndpoint } }
}

function changesOf(existing: HttpStream | undefined, wanted: Partial<Wanted>): Change[] {
  const { sink: sinkBefore, ...before } = existing ?? ({} as Partial<HttpStream>)
  const { sink, ...rest } = wanted
  const compared = [
    ...Object.entries(rest).map(([field, to]) => ({
      field,
      from: (before as Record<string, unknown>)[field],
      to: to as unknown,
    })),
    ...Object.entries(sink ?? {}).map(([name, to]) => ({
      field: `sink.${name}`,
      from: (sinkBefore as Record<string, unknown> | undefined)?.[name],
      to: to as unknown,
    })),
  ]
  return compared
    .filter(({ from, to }) => to !== undefined && !isDeepStrictEqual(from, to))
    .map(({ field, from, to }) => ({ field, from: shown(field, from), to: shown(field, to) }))
}

function shown(field: string, value: unknown): string {
  if (value === undefined) return ''
  if (field === 'sink.httpAuthorization') return '***'
  if (field === 'sink.httpCustomHeaders')
    return JSON.stringify((value as { header: string }[]).map(({ header }) => ({ header, value: '***' })))
  return typeof value === 'string' ? value : JSON.stringify(value)
}

function warningsOf(
  { status, filters = [], isPriority, sink }: HttpStream,
  wanted: Wanted,
  isOld: boolean,
  tokens: string,
): string[] {
  const accepted = tokens.split(',').map((one) => one.trim())
  return [
    ...(status && status !== 'active' && wanted.status !== 'paused'
      ? [`the stream is ${status}: Auth0 sends nothing until it is active; --resume reactivates a paused one`]
      : []),
    ...(URL.parse(sink.httpEndpoint)?.pathname === '/logs'
      ? []
      : ['the ingest accepts logs only at the path /logs: a proxy in between must rewrite the path']),
    ...(tokens !== '' && !accepted.includes(sink.httpAuthorization ?? '')
      ? ['this token is not among INGEST_TOKENS here: the ingest must accept it']
      : []),
    ...(filters.length > 0 && !wanted.filters
      ? [`the stream sends only ${filters.length} categories: its filters were left as they are`]
      : []),
    ...(isPriority ? ['a prioritised stream sends eight types of security events and nothing else'] : []),
    ...(isOld && wanted.startFrom !== undefined
      ? ['--start-from applies only when a stream is created and was ignored: auth0-logs backfill --from reads earlier logs']
      : []),
  ]
}

// The log streams of the stand-in's tenant: `/api/v2/log-streams`, kept as Auth0 keeps them.
// https://auth0.com/docs/api/management/v2/log-streams
import { randomBytes } from 'node:crypto'
import { apiError } from './answers.ts'
import { categoryNames } from './categories.ts'
import { bodyFormats, type BodyFormat } from '../simulate/body.ts'
import { type Answer, isObject } from '../vendor-http.ts'

export type HttpSink = {
  httpEndpoint: string
  httpAuthorization?: string
  httpContentFormat?: BodyFormat
  httpContentType?: string
  httpCustomHeaders?: { header: string; value: string }[]
}

export type LogStream = {
  id: string
  name: string
  type: string
  status: 'active' | 'paused' | 'suspended'
  filters?: { type: 'category'; name: string }[]
  pii_config?: { log_fields: string[]; method?: 'mask' | 'hash'; algorithm?: 'xxhash' }
  isPriority?: boolean
  startFrom?: string
  sink: HttpSink
}

/** Fields that a call may hold, each with what is wrong with its value. */
type Checks = Record<string, (value: unknown) => string | undefined>

const isText = (value: unknown) => (typeof value === 'string' && value !== '' ? undefined : 'must be a text')
const oneOf =
  (...names: readonly string[]) =>
  (value: unknown) =>
    names.includes(value as string) ? undefined : `must be one of ${names.join(', ')}`
const isTime = (value: unknown) => (Number.isNaN(Date.parse(String(value))) ? 'must be a date-time' : undefined)
const isFlag = (value: unknown) => (typeof value === 'boolean' ? undefined : 'must be true or false')

const sinkChecks: Checks = {
  httpEndpoint: (value) => (isHttps(value) ? undefined : 'must be an https address'),
  httpAuthorization: (value) => (typeof value === 'string' ? undefined : 'must be a text'),
  httpContentFormat: oneOf(...bodyFormats),
  httpContentType: isText,
  httpCustomHeaders: (value) =>
    Array.isArray(value) &&
    value.every((entry) => isObject(entry) && typeof entry.header === 'string' && typeof entry.value === 'string')
      ? undefined
      : 'must be a list of {header, value}',
}
const changeable: Checks = {
  name: isText,
  filters: filtersProblem,
  pii_config: piiProblem,
  isPriority: isFlag,
  sink: (value) => (isObject(value) ? fieldsProblem(value, sinkChecks, ['httpEndpoint'], 'sink.') : 'must be an object'),
}
const atCreation: Checks = { ...changeable, type: oneOf('http'), startFrom: isTime }
const atChange: Checks = { ...changeable, status: oneOf('active', 'paused') }

export type LogStreams = ReturnType<typeof createLogStreams>

/** What the tenant was asked: `read`, `create`, `update` or `delete` of `log_streams` is the scope that it takes. */
export const streamScope = (method: string | undefined) =>
  `${({ POST: 'create', PATCH: 'update', DELETE: 'delete' } as Record<string, string>)[method ?? ''] ?? 'read'}:log_streams`

export function createLogStreams() {
  const streams = new Map<string, LogStream>()

  function create(input: Record<string, unknown>): Answer {
    const problem = fieldsProblem(input, atCreation, ['type', 'sink'])
    if (problem) return invalidBody(problem)
    const id = `lst_${randomBytes(8).toString('hex')}`
    const stream = { id, name: 'Log Stream', status: 'active', ...input } as LogStream
    streams.set(id, stream)
    // Not 201: recorded so.
    return { status: 200, body: stream }
  }

  function change(stream: LogStream, input: Record<string, unknown>): Answer {
    const problem = fieldsProblem(input, atChange, [])
    if (problem) return invalidBody(problem)
    Object.assign(stream, input)
    return { status: 200, body: stream }
  }

  return {
    /** @param id the rest of the path, empty for the list */
    answer(method: string | undefined, id: string, input: unknown): Answer {
      if (id === '') {
        if (method === 'GET') return { status: 200, body: [...streams.values()] }
        if (method !== 'POST') return apiError(405, 'Method Not Allowed')
        return isObject(input) ? create(input) : invalidBody('Expected type object')
      }
      const stream = streams.get(id)
      if (!stream) return apiError(404, 'The log stream does not exist', 'inexistent_log_stream')
      if (method === 'GET') return { status: 200, body: stream }
      if (method === 'PATCH') return isObject(input) ? change(stream, input) : invalidBody('Expected type object')
      if (method !== 'DELETE') return apiError(405, 'Method Not Allowed')
      streams.delete(id)
      return { status: 204, body: '' }
    },
    list: (): LogStream[] => [...streams.values()],
    clear: () => streams.clear(),
  }
}

const invalidBody = (problem: string) => apiError(400, `Payload validation error: '${problem}'.`, 'invalid_body')

function fieldsProblem(input: Record<string, unknown>, checks: Checks, required: string[], path = ''): string | undefined {
  const missing = required.find((name) => input[name] === undefined)
  if (missing) return `Missing required property: ${path}${missing}`
  for (const [name, value] of Object.entries(input)) {
    if (!checks[name]) return `Additional properties not allowed: ${path}${name}`
    const problem = checks[name](value)
    if (problem) return problem.startsWith('must') ? `${path}${name} ${problem}` : problem
  }
  return undefined
}

function filtersProblem(value: unknown): string | undefined {
  if (!Array.isArray(value)) return 'must be a list'
  const isFilter = (entry: unknown) => isObject(entry) && entry.type === 'category' && categoryNames.includes(String(entry.name))
  return value.every(isFilter) ? undefined : `must be {type: category, name: one of ${categoryNames.join(', ')}}`
}

const PII_FIELDS = ['first_name', 'last_name', 'username', 'email', 'phone', 'address']

function piiProblem(value: unknown): string | undefined {
  if (!isObject(value)) return 'must be an object'
  const { log_fields: fields, method, algorithm } = value
  if (!Array.isArray(fields) || !fields.every((field) => PII_FIELDS.includes(String(field)))) {
    return `must have log_fields out of ${PII_FIELDS.join(', ')}`
  }
  if (method !== undefined && method !== 'mask' && method !== 'hash') return 'must have mask or hash as method'
  return algorithm === undefined || algorithm === 'xxhash' ? undefined : 'must have xxhash as algorithm'
}

function isHttps(value: unknown): boolean {
  return typeof value === 'string' && URL.canParse(value) && new URL(value).protocol === 'https:'
}

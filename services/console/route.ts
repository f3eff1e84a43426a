// What a route of the API is: one row a route. The server's routes and /api/openapi.json come from the same rows.
// OpenAPI 3.1: https://spec.openapis.org/oas/v3.1.1.html
import type { Role } from '../operations/operation.ts'
import type { Express, Request, Response } from '../platform/http.ts'
import { version } from '../platform/version.ts'
import type { Asker } from './users.ts'

/** The part of JSON Schema 2020-12 that the rows use. */
export type JsonSchema = {
  type?: string | readonly string[]
  description?: string
  properties?: Readonly<Record<string, JsonSchema>>
  required?: readonly string[]
  items?: JsonSchema
  enum?: readonly unknown[]
  additionalProperties?: boolean | JsonSchema
  default?: unknown
  minimum?: number
  maximum?: number
}

export type Route = {
  method: 'get' | 'post'
  /** As express takes it; `:name` is a path parameter. */
  path: string
  summary: string
  /** `anyone`: without a login. */
  access: 'anyone' | Role
  query?: Readonly<Record<string, JsonSchema>>
  body?: JsonSchema
  /** What a 200 holds; left out for server-sent events. */
  answers?: JsonSchema
  handle: (request: Request, response: Response, asker: Asker) => Promise<unknown> | unknown
}

/** Ends a request with an error in the one form that the API has. */
export class Answer extends Error {
  readonly status: number
  readonly error: string
  readonly more: Readonly<Record<string, unknown>>
  readonly headers: Readonly<Record<string, string>>
  constructor(
    status: number,
    error: string,
    message: string,
    { more = {}, headers = {} }: { more?: Record<string, unknown>; headers?: Record<string, string> } = {},
  ) {
    super(message)
    this.status = status
    this.error = error
    this.more = more
    this.headers = headers
  }
}

/** Mounts the rows: each answers by its handler, by `who` before it where a login is needed, and by `failed` where either throws. */
export function mount(
  app: Express,
  routes: readonly Route[],
  who: (request: Request) => Promise<Asker>,
  failed: (error: unknown, response: Response) => void,
): void {
  for (const route of routes) {
    app[route.method](route.path, async (request, response) => {
      try {
        const asker = route.access === 'anyone' ? NOBODY : await who(request)
        if (route.access === 'operator' && asker.user.role !== 'operator') throw notForViewers()
        await route.handle(request, response, asker)
      } catch (error) {
        failed(error, response)
      }
    })
  }
}

const NOBODY: Asker = { user: { name: '', role: 'viewer', hash: '' } }

/** Kafka is away, or has not been read to its end yet. */
export const kafkaAway = (message: string, retrySeconds = 5) =>
  new Answer(503, 'kafka_away', message, { headers: { 'retry-after': String(retrySeconds) } })

export const notForViewers = () =>
  new Answer(403, 'operators_only', 'your role is viewer: ask somebody with the role operator to do this')

/** A whole number of the query. @throws Answer 400 naming it */
export function queryInteger(request: Request, name: string, fallback: number, min: number, max: number): number {
  const text = request.query[name]
  if (text === undefined || text === '') return fallback
  const value = Number(text)
  if (typeof text !== 'string' || !/^\d+$/.test(text) || value < min || value > max)
    throw new Answer(400, 'wrong_use', `${name} must be a whole number from ${min} to ${max}`, { more: { field: name } })
  return value
}

/** A text of the query, empty where it is not given. @throws Answer 400 naming it */
export function queryText(request: Request, name: string, choices?: readonly string[]): string {
  const text = request.query[name] ?? ''
  if (typeof text !== 'string' || (choices && text !== '' && !choices.includes(text)))
    throw new Answer(400, 'wrong_use', `${name} must be ${choices ? `one of ${choices.join(', ')}` : 'one text'}`, {
      more: { field: name },
    })
  return text
}

const ERROR: JsonSchema = {
  type: 'object',
  required: ['error', 'message'],
  properties: {
    error: { type: 'string', description: 'snake_case' },
    message: { type: 'string', description: 'What happened and what to do' },
    field: { type: 'string', description: 'The input that is wrong' },
  },
}

/** The description of these routes. */
export function openapi(routes: readonly Route[]): object {
  const paths: Record<string, Record<string, object>> = {}
  for (const route of routes) {
    const path = route.path.replaceAll(/:(\w+)/g, '{$1}')
    paths[path] = { ...paths[path], [route.method]: described(route) }
  }
  return {
    openapi: '3.1.0',
    info: { title: 'Auth0 log pipeline: console', version },
    security: [{ session: [] }, { basic: [] }],
    paths,
    components: {
      securitySchemes: {
        session: { type: 'apiKey', in: 'cookie', name: 'session' },
        basic: { type: 'http', scheme: 'basic' },
      },
      schemas: { Error: ERROR },
    },
  }
}

function described({ path, summary, access, query = {}, body, answers }: Route): object {
  const inPath = [...path.matchAll(/:(\w+)/g)].map(([, name]) => ({
    name,
    in: 'path',
    required: true,
    schema: { type: 'string' },
  }))
  const inQuery = Object.entries(query).map(([name, schema]) => ({ name, in: 'query', required: false, schema }))
  const parameters = [...inPath, ...inQuery]
  const content = answers ? { 'application/json': { schema: answers } } : { 'text/event-stream': { schema: { type: 'string' } } }
  return {
    summary,
    ...(access === 'anyone' ? { security: [] } : {}),
    ...(parameters.length > 0 ? { parameters } : {}),
    ...(body ? { requestBody: { required: true, content: { 'application/json': { schema: body } } } } : {}),
    responses: {
      200: { description: summary, content },
      default: {
        description: 'What went wrong',
        content: { 'application/json': { schema: { $ref: '#/components/schemas/Error' } } },
      },
    },
  }
}

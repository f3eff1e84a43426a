// What can be done: every operation is a route, by its row. Long work tells how far it is where the asker reads JSON lines.
import type { Context, Input, Operation } from '../operations/operation.ts'
import type { Request, Response } from '../platform/http.ts'
import { answerFailure, asAnswer } from './guard.ts'
import { Answer, type Asker, type JsonSchema, type Route } from './route.ts'

/** Looking is given up soon; a change that has begun goes on to its end, also where the page has gone. */
const LOOK_LIMIT_MS = 60_000
const CHANGE_LIMIT_MS = 15 * 60_000
const PROGRESS_MS = 250
export const LINES = 'application/x-ndjson'

type Base = Omit<Context, 'by' | 'signal' | 'progress'>
export type Perform = (
  context: Context,
  role: Asker['user']['role'],
  name: string,
  given: Record<string, unknown>,
) => Promise<object>

/** @param closing aborted when the service ends @param done told after every change */
export function operationRoutes(options: {
  operations: readonly Operation[]
  perform: Perform
  base: Base
  closing: AbortSignal
  done: () => void
}): Route[] {
  const { perform, base, closing, done } = options
  // What follows something has a stream of its own: /api/live, which knows roles.
  const operations = options.operations.filter(({ stream }) => stream === undefined)

  async function run(request: Request, response: Response, { user }: Asker, operation: Operation): Promise<void> {
    const given: unknown = request.body ?? {}
    if (typeof given !== 'object' || given === null || Array.isArray(given))
      throw new Answer(400, 'wrong_use', 'the body must be one JSON object with the inputs by name')
    const gone = new AbortController()
    response.once('close', () => gone.abort(new Error('the page has gone')))
    const limit = AbortSignal.timeout(operation.role === 'viewer' ? LOOK_LIMIT_MS : CHANGE_LIMIT_MS)
    const signal = AbortSignal.any(operation.role === 'viewer' ? [closing, limit, gone.signal] : [closing, limit])
    const asLines = request.accepts(['json', LINES]) === LINES
    const write = (line: object) => asLines && !response.writableEnded && response.write(`${JSON.stringify(line)}\n`)
    if (asLines) response.status(200).set('content-type', LINES)
    const context = contextOf(
      user.name,
      signal,
      paced((progress) => write({ progress })),
    )
    try {
      const result = await perform(context, user.role, operation.name, given as Record<string, unknown>)
      if (asLines) write({ result })
      else response.json(result)
    } catch (error) {
      if (!asLines) throw error
      const { status, error: code, message, more } = asAnswer(error)
      if (status === 500) answerFailure(base.log)(error, response)
      else write({ error: code, message, ...more })
    } finally {
      if (operation.role === 'operator') done()
      if (asLines) response.end()
    }
  }

  const contextOf = (by: string, signal: AbortSignal, progress: Context['progress']): Context => ({
    ...base,
    by,
    signal,
    progress,
  })

  return [
    {
      method: 'get',
      path: '/api/operations',
      summary: 'What can be done: every operation with its inputs, for forms',
      access: 'viewer',
      answers: {
        type: 'object',
        required: ['operations'],
        properties: {
          operations: {
            type: 'array',
            items: { type: 'object', required: ['name', 'summary', 'role', 'inputs'], properties: { name: { type: 'string' } } },
          },
        },
      },
      handle(_, response) {
        response.json({ operations: operations.map(({ name, summary, role, inputs }) => ({ name, summary, role, inputs })) })
      },
    },
    ...operations.map(
      (operation): Route => ({
        method: 'post',
        path: operationPath(operation.name),
        summary: operation.summary,
        // The role is looked at by the operation itself, so that what was refused is on record.
        access: 'viewer',
        body: bodyOf(operation),
        answers: { type: 'object' },
        handle: (request, response, asker) => run(request, response, asker, operation),
      }),
    ),
  ]
}

/** `dead-letters list` is at `/api/operations/dead-letters/list`. */
export const operationPath = (name: string) => `/api/operations/${name.replaceAll(' ', '/')}`

/** At most four a second, and always the last one before a pause is lost rather than late: the result follows. */
function paced(tell: (progress: { done: number; total: number; what: string }) => void): Context['progress'] {
  let last = 0
  return (done, total, what) => {
    if (Date.now() - last < PROGRESS_MS && done !== total) return
    last = Date.now()
    tell({ done, total, what })
  }
}

/** The inputs of a verb as a JSON Schema. */
export function bodyOf({ inputs }: Operation): JsonSchema {
  const rows = Object.entries(inputs)
  const required = rows.filter(([, input]) => input.required).map(([name]) => name)
  return {
    type: 'object',
    additionalProperties: false,
    properties: Object.fromEntries(rows.map(([name, input]) => [name, schemaOf(input)])),
    ...(required.length > 0 ? { required } : {}),
  }
}

function schemaOf({ kind, meaning, choices, default: fallback }: Input): JsonSchema {
  const more = { description: meaning, ...(fallback === undefined ? {} : { default: fallback }) }
  if (kind === 'choice') return { enum: choices, ...more }
  if (kind === 'list') return { type: ['array', 'string'], items: { type: 'string' }, ...more }
  return { type: kind === 'text' ? 'string' : kind, ...more }
}

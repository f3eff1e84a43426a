// What can be done: every operation is a route, by its row. Long work tells how far it is where the asker reads JSON lines.
import type { Context, Input, Operation } from '../operations/operation.ts'
import type { Request, Response } from '../platform/http.ts'
import { told } from './guard.ts'
import { Answer, type JsonSchema, type Route } from './route.ts'
import type { Asker } from './users.ts'

/** Looking is given up soon; a change that has begun goes on to its end, also where the page has gone. */
const LOOK_LIMIT_MS = 60_000
const CHANGE_LIMIT_MS = 15 * 60_000
const PROGRESS_MS = 250
const LINES = 'application/x-ndjson'
/** Under way at a time. Each may open consumers of its own, and the page needs a few. */
const MOST_A_USER = 8
const MOST_AT_ALL = 50
const MOST_LIST = 1_000

type Base = Omit<Context, 'by' | 'signal' | 'progress'>
export type Perform = (
  context: Context,
  role: Asker['user']['role'],
  name: string,
  given: Record<string, unknown>,
) => Promise<object>

/**
 * @param closing aborted when the service ends @param done told after every change
 * @param reachable rejects with an Answer where Kafka is known to be away: nobody waits for its time limits then
 */
export function operationRoutes(options: {
  operations: readonly Operation[]
  perform: Perform
  base: Base
  closing: AbortSignal
  done: () => void
  reachable: () => Promise<void>
}): Route[] {
  const { perform, base, closing, done, reachable } = options
  // What follows something has a stream of its own: /api/live, which knows roles.
  const operations = options.operations.filter(({ stream }) => stream === undefined)
  const underWay = createLimit(MOST_A_USER, MOST_AT_ALL)

  async function run(request: Request, response: Response, { user }: Asker, operation: Operation): Promise<void> {
    const given = inputsOf(request.body ?? {})
    const release = underWay.enter(user.name)
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
      await reachable()
      const result = await perform(context, user.role, operation.name, given)
      if (asLines) write({ result })
      else response.json(result)
    } catch (error) {
      if (!asLines) throw error
      const { error: code, message, more } = told(base.log, error)
      write({ error: code, message, ...more })
    } finally {
      release()
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

/** @throws Answer 400 for anything but texts, numbers, true and false, and lists of them */
function inputsOf(body: unknown): Record<string, unknown> {
  if (typeof body !== 'object' || body === null || Array.isArray(body))
    throw new Answer(400, 'wrong_use', 'the body must be one JSON object with the inputs by name')
  for (const [name, value] of Object.entries(body)) {
    const parts: unknown[] = Array.isArray(value) ? value : [value]
    if (parts.length > MOST_LIST || parts.some((part) => typeof part === 'object' && part !== null)) {
      const field = name.slice(0, 100)
      throw new Answer(400, 'wrong_use', `${field}: must be a text, a number, true or false, or a list of them`, {
        more: { field },
      })
    }
  }
  return body as Record<string, unknown>
}

/** @throws Answer 429 from `enter` where the user, or all users, have as many under way as may be */
function createLimit(mostEach: number, mostAll: number): { enter: (user: string) => () => void } {
  const open = new Map<string, number>()
  return {
    enter(user) {
      const own = open.get(user) ?? 0
      const all = open.values().reduce((sum, count) => sum + count, 0)
      if (own >= mostEach || all >= mostAll) {
        const message = `${own >= mostEach ? `${own} operations of yours` : `${all} operations`} are under way: try again when one has ended`
        throw new Answer(429, 'too_many_operations', message, { headers: { 'retry-after': '2' } })
      }
      open.set(user, own + 1)
      return () => {
        const left = (open.get(user) ?? 1) - 1
        if (left > 0) open.set(user, left)
        else open.delete(user)
      }
    },
  }
}

/** `dead-letters list` is at `/api/operations/dead-letters/list`. */
export const operationPath = (name: string) => `/api/operations/${name.replaceAll(' ', '/')}`

/** At most four a second. The last one before a pause may be dropped: the result, which follows, says how it ended. */
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

// What every request and answer goes through: security headers, and no change that another site's page asks for.
import type { NextFunction } from 'express'
import { errorText } from '../platform/errors.ts'
import type { Express, Request, Response } from '../platform/http.ts'
import type { Logger } from '../platform/logger.ts'
import { NotAllowed } from '../operations/index.ts'
import { Refusal, WrongUse } from '../operations/operation.ts'
import { KafkaAway } from '../topics/produce.ts'
import { Answer, kafkaAway, notForViewers } from './route.ts'

/** @param scriptHashes CSP sources of the page's inline import map */
export function guard(app: Express, scriptHashes: readonly string[]): void {
  const policy = [
    "default-src 'none'",
    `script-src 'self' ${scriptHashes.join(' ')}`.trim(),
    "style-src 'self'",
    "img-src 'self' data:",
    "connect-src 'self'",
    "form-action 'self'",
    "base-uri 'none'",
    "frame-ancestors 'none'",
  ].join('; ')
  app.use((request: Request, response: Response, next: NextFunction) => {
    response.set({
      'content-security-policy': policy,
      'x-content-type-options': 'nosniff',
      'x-frame-options': 'DENY',
      'referrer-policy': 'no-referrer',
      'cross-origin-opener-policy': 'same-origin',
      'cross-origin-resource-policy': 'same-origin',
      'permissions-policy': 'camera=(), geolocation=(), microphone=()',
    })
    if (request.secure) response.set('strict-transport-security', 'max-age=31536000')
    if (/^\/api(\/|$)/i.test(request.path)) response.set('cache-control', 'no-store')
    const refusal = changes(request) ? foreign(request) : undefined
    if (refusal) return void answer(response, refusal)
    next()
  })
}

const changes = ({ method }: Request) => !['GET', 'HEAD', 'OPTIONS'].includes(method)

/** Undefined for a change that our own page or a program asks for. */
function foreign(request: Request): Answer | undefined {
  const { origin } = request.headers
  const isOurs = origin === undefined || hostOf(origin) === request.host
  if (!isOurs || request.headers['sec-fetch-site'] === 'cross-site') {
    const message = `this request comes from another site (${origin}); behind a balancer that changes the Host header set CONSOLE_TRUST_PROXY=true`
    return new Answer(403, 'foreign_origin', message)
  }
  if (!request.is('application/json')) return new Answer(415, 'json_needed', 'send the body with Content-Type: application/json')
  return undefined
}

function hostOf(origin: string): string | undefined {
  return URL.canParse(origin) ? new URL(origin).host : undefined
}

/** Answers what went wrong in the API's one form. */
export function answerFailure(log: Logger): (error: unknown, response: Response) => void {
  return (error, response) => answer(response, told(log, error))
}

/** What went wrong, as it is told; what nobody foresaw is logged with its stack and told in general words. */
export function told(log: Logger, error: unknown): Answer {
  const answered = asAnswer(error)
  if (answered.status === 500) log.error({ error: error instanceof Error ? error.stack : error }, 'a request failed unexpectedly')
  return answered
}

export function asAnswer(error: unknown): Answer {
  if (error instanceof Answer) return error
  if (error instanceof WrongUse) return new Answer(400, 'wrong_use', error.message, { more: { field: error.field } })
  if (error instanceof Refusal) return new Answer(409, 'refused', error.message)
  if (error instanceof NotAllowed) return notForViewers()
  if (isKafkaTrouble(error))
    return kafkaAway(`Kafka does not answer: nothing is lost, try again when it does (${wordsOf(error)})`)
  const parse = (error ?? {}) as { type?: string; status?: number }
  if (parse.type === 'entity.parse.failed') return new Answer(400, 'wrong_use', 'the body is not JSON')
  if (parse.type === 'entity.too.large') return new Answer(413, 'too_large', 'the body is too large')
  if (typeof parse.status === 'number' && parse.status >= 400 && parse.status < 500)
    return new Answer(parse.status, 'wrong_use', wordsOf(error))
  return new Answer(500, 'failed', 'this failed unexpectedly; the console’s own log says why')
}

const MOST_WORDS = 500
const wordsOf = (error: unknown) => errorText(error).slice(0, MOST_WORDS)

/**
 * Whether Kafka is why something failed. kafkajs marks most of its errors by name; of others, such as a connection that it lost in the
 * middle of a call, the stack says that they come from it. A wait that a limit ended was a wait for Kafka.
 */
export function isKafkaTrouble(error: unknown): boolean {
  if (!(error instanceof Error)) return false
  return (
    error instanceof KafkaAway ||
    error.name.startsWith('KafkaJS') ||
    error.name === 'TimeoutError' ||
    thrownBy(error).includes('/node_modules/kafkajs/') ||
    /Kafka gave nothing|took longer than/.test(error.message) ||
    isKafkaTrouble(error.cause)
  )
}

/** The place in the code, as the first line of the stack has it. */
const thrownBy = ({ stack = '' }: Error) => /^ +at .*$/m.exec(stack)?.[0] ?? ''

function answer(response: Response, { status, error, message, more, headers }: Answer): void {
  if (response.headersSent) return void response.end()
  response
    .status(status)
    .set(headers)
    .json({ error, message, ...more })
}

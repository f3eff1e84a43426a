// `register`: the tenant's log stream to the ingest, created or brought up to date by its name.
import { WrongUse } from '../operations/operation.ts'
import type { HttpStream, Tenant } from './auth0.ts'

export const BODY_FORMATS = ['JSONLINES', 'JSONARRAY', 'JSONOBJECT'] as const
export type BodyFormat = (typeof BODY_FORMATS)[number]

export type StreamGiven = { url: string; token: string; name: string; format: BodyFormat }
export type Registered = {
  done: 'created' | 'updated'
  id: string
  name: string
  status: string
  url: string
  warnings: string[]
}

/** What was typed, checked. @param tokens INGEST_TOKENS, whose first one is used where none is typed @throws WrongUse */
export function readStream(typed: { url?: string; token?: string; name: string; format: string }, tokens: string): StreamGiven {
  const { url = '', name } = typed
  const protocol = URL.parse(url)?.protocol
  if (protocol === 'http:') throw new WrongUse('url', 'must be https: Auth0 sends logs to nothing else')
  if (protocol !== 'https:') throw new WrongUse('url', `must be the https address of the ingest, not ${JSON.stringify(url)}`)
  const token = typed.token ?? tokens.split(',')[0].trim()
  if (token === '') throw new WrongUse('token', 'is missing: give --token, or set INGEST_TOKENS as for the ingest')
  const format = BODY_FORMATS.find((one) => one === typed.format.toUpperCase())
  if (!format) throw new WrongUse('format', `must be one of ${BODY_FORMATS.join(', ')}, not ${JSON.stringify(typed.format)}`)
  return { url, token, name, format }
}

/** @param tokens INGEST_TOKENS, where it is set: a token that is not among them is worth a word @throws Refusal */
export async function register(tenant: Tenant, { url, token, name, format }: StreamGiven, tokens: string): Promise<Registered> {
  const existing = (await tenant.httpStreams()).find((stream) => stream.name === name)
  const sink = {
    ...existing?.sink,
    httpEndpoint: url,
    httpAuthorization: token,
    httpContentFormat: format,
    httpContentType: existing?.sink.httpContentType ?? 'application/json',
  }
  const stream = existing ? await tenant.update(existing.id, { name, sink }) : await tenant.create({ name, sink })
  const { id, status = '' } = stream
  return { done: existing ? 'updated' : 'created', id, name, status, url, warnings: warningsOf(stream, url, token, tokens) }
}

function warningsOf({ status, filters = [] }: HttpStream, url: string, token: string, tokens: string): string[] {
  const accepted = tokens.split(',').map((one) => one.trim())
  return [
    ...(status && status !== 'active'
      ? [`the stream is ${status}: Auth0 sends nothing until it is set active in its dashboard`]
      : []),
    ...(new URL(url).pathname === '/logs'
      ? []
      : ['the ingest takes logs at the path /logs alone: something in between must rewrite the path']),
    ...(tokens !== '' && !accepted.includes(token)
      ? ['this token is not among INGEST_TOKENS here: the ingest must accept it']
      : []),
    ...(filters.length > 0 ? [`the stream sends only ${filters.length} categories: its filters were left as they are`] : []),
  ]
}

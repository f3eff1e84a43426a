// Talking to the server. Every failure is a Failure with words that can be shown.

export class Failure extends Error {
  /** @param {number} status @param {string} code snake_case @param {string} message @param {string} [field] the input that is wrong */
  constructor(status, code, message, field) {
    super(sentence(message))
    this.status = status
    this.code = code
    this.field = field
  }
}

/** Messages of the server continue a line of a terminal; on a page they stand alone. */
const sentence = (text) => text.charAt(0).toUpperCase() + text.slice(1)

const UNREACHABLE = 'The console does not answer. Nothing is lost by that: the services go on without it.'

/** @param {string} path @param {RequestInit} [init] @returns {Promise<Response>} */
async function ask(path, init) {
  let response
  try {
    response = await fetch(path, { credentials: 'same-origin', ...init })
  } catch (error) {
    if (init?.signal?.aborted) throw error
    throw new Failure(0, 'unreachable', UNREACHABLE)
  }
  if (response.ok) return response
  const told = await response.json().catch(() => ({}))
  const failure = new Failure(
    response.status,
    told.error ?? 'failed',
    told.message ?? `The console answered ${response.status}.`,
    told.field,
  )
  if (response.status === 401 && failure.code === 'login_needed') dispatchEvent(new CustomEvent('login-needed'))
  throw failure
}

/** @param {string} path @param {AbortSignal} [signal] */
export const get = async (path, signal) => (await ask(path, { signal })).json()

/** @param {string} path @param {object} body */
export const post = async (path, body = {}) => (await ask(path, sending(body))).json()

/** @param {object} body @param {Record<string, string>} [headers] @returns {RequestInit} */
const sending = (body, headers = {}) => ({
  method: 'POST',
  body: JSON.stringify(body),
  headers: { 'content-type': 'application/json', ...headers },
})

/**
 * Does an operation and resolves with its result. Values that are empty are left out.
 * @param {string} name @param {Record<string, unknown>} given
 * @param {(progress: { done: number, total: number, what: string }) => void} [onProgress]
 * @param {AbortSignal} [signal] gives up; a change that has begun goes on all the same
 */
export async function perform(name, given, onProgress = () => {}, signal = undefined) {
  const body = Object.fromEntries(
    Object.entries(given).filter(([, value]) => value !== '' && value !== undefined && value !== null),
  )
  const init = { ...sending(body, { accept: 'application/x-ndjson' }), signal }
  const response = await ask(`/api/operations/${name.replaceAll(' ', '/')}`, init)
  let result
  for await (const line of lines(response)) {
    if (line.progress) onProgress(line.progress)
    else if (line.error) throw new Failure(409, line.error, line.message, line.field)
    else result = line.result
  }
  if (result === undefined)
    throw new Failure(0, 'unreachable', 'The connection ended before the answer. Look at the audit page for what came of it.')
  return result
}

/** @param {Response} response */
async function* lines(response) {
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader()
  let rest = ''
  for (;;) {
    const { value, done } = await reader.read()
    const parts = (rest + (value ?? '')).split('\n')
    rest = parts.pop() ?? ''
    for (const part of parts) if (part !== '') yield JSON.parse(part)
    if (done) return
  }
}

/**
 * Server-sent events, only while the page is to be seen: a browser opens six connections to a server and no more.
 * @template {object} T what each event brings, by its name
 * @param {string} path @param {{ [E in keyof T]: (data: T[E]) => void }} handlers by event @param {(open: boolean) => void} [onState]
 * @returns {() => void} closes it
 */
export function stream(path, handlers, onState = () => {}) {
  /** @type {EventSource | undefined} */
  let source
  const open = () => {
    source = new EventSource(path)
    source.addEventListener('open', () => onState(true))
    source.addEventListener('error', () => {
      onState(false)
      // A refusal ends it for good: ask why, which shows the login where that is the reason.
      if (source?.readyState === EventSource.CLOSED) {
        get('/api/me').catch(() => {})
        setTimeout(() => source && source.readyState === EventSource.CLOSED && shown(), 3_000)
      }
    })
    for (const [event, handle] of Object.entries(handlers)) source.addEventListener(event, ({ data }) => handle(JSON.parse(data)))
  }
  const close = () => {
    source?.close()
    source = undefined
  }
  const shown = () => {
    close()
    if (document.visibilityState === 'visible') open()
  }
  document.addEventListener('visibilitychange', shown)
  shown()
  return () => {
    document.removeEventListener('visibilitychange', shown)
    close()
  }
}

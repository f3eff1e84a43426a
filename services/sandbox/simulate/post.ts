// One webhook body to the ingest as Auth0 posts it: the Authorization value verbatim, again and again until it is taken.
import { Agent, type IncomingMessage, request as httpRequest } from 'node:http'
import { Agent as TlsAgent, request as httpsRequest } from 'node:https'
import { errorText } from '../../platform/errors.ts'
import { retryAfterMs } from '../../platform/http-answers.ts'
import { sleep } from '../../platform/lifecycle.ts'

export type PostTarget = { url: URL; token: string; agent: Agent; headers: Record<string, string> }

/** What the ingest said to a body it took. */
export type Taken = { accepted: number; quarantined: number }

const ANSWER_LIMIT_MS = 30_000
const ANSWER_BYTES_SHOWN = 200
const FIRST_WAIT_MS = 200
const LONGEST_WAIT_MS = 5_000

/** @param sockets connections at once @param headers what the log stream is set up to send, content-type included */
export function createTarget(url: URL, token: string, sockets: number, headers: Record<string, string> = {}): PostTarget {
  const options = { keepAlive: true, maxSockets: sockets }
  return { url, token, headers, agent: url.protocol === 'https:' ? new TlsAgent(options) : new Agent(options) }
}

/**
 * Posts until a 2xx comes; waits what Retry-After says, else longer and longer.
 * @param stop no further attempt when aborted; the one under way is let finish
 * @param limit cuts the attempt under way too
 * @param onRetry called with what went wrong, in words
 * @returns undefined when it was given up
 */
export async function postUntilTaken(
  target: PostTarget,
  body: Buffer,
  stop: AbortSignal,
  limit: AbortSignal,
  onRetry: (problem: string) => void,
): Promise<Taken | undefined> {
  for (let attempt = 0; ; attempt++) {
    const answer = await post(target, body, limit)
    if ('taken' in answer) return answer.taken
    if (stop.aborted) return undefined
    onRetry(answer.problem)
    await sleep(answer.waitMs ?? Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** attempt), stop)
    if (stop.aborted) return undefined
  }
}

type PostAnswer = { taken: Taken } | { problem: string; waitMs?: number }

async function post(target: PostTarget, body: Buffer, signal: AbortSignal): Promise<PostAnswer> {
  try {
    const response = await send(target, body, signal)
    const text = await readText(response)
    const status = response.statusCode ?? 0
    if (status >= 200 && status < 300) return { taken: countsOf(text) }
    return {
      problem: `answer ${status}: ${text.slice(0, ANSWER_BYTES_SHOWN)}`,
      waitMs: retryAfterMs(response.headers['retry-after'], Date.now()),
    }
  } catch (error) {
    return { problem: errorText(error) }
  }
}

function send({ url, token, agent, headers }: PostTarget, body: Buffer, signal: AbortSignal): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const request = (url.protocol === 'https:' ? httpsRequest : httpRequest)(url, {
      method: 'POST',
      agent,
      signal,
      headers: { 'content-type': 'application/json', ...headers, authorization: token, 'content-length': body.length },
    })
    request.setTimeout(ANSWER_LIMIT_MS, () => request.destroy(new Error(`no answer within ${ANSWER_LIMIT_MS / 1_000} s`)))
    request.once('response', resolve)
    request.once('error', reject)
    request.end(body)
  })
}

async function readText(response: IncomingMessage): Promise<string> {
  response.setEncoding('utf8')
  let text = ''
  for await (const part of response) text += part
  return text
}

/** An answer without counts is one from something that is not the ingest: nothing was accepted there. */
function countsOf(text: string): Taken {
  try {
    const { accepted, quarantined } = JSON.parse(text) as Partial<Taken>
    return { accepted: Number(accepted ?? 0), quarantined: Number(quarantined ?? 0) }
  } catch {
    return { accepted: 0, quarantined: 0 }
  }
}

// Whether a service is ready: its own /readyz says so.
import { get } from 'node:http'
import { get as getTls } from 'node:https'
import { sleep } from '../platform/lifecycle.ts'
import type { Service } from './supervise.ts'

const askEveryMs = 200
const answerLimitMs = 2_000

/** Waits until /readyz answers 200. Answers undefined, or in words why it does not. */
export async function untilReady(
  service: Service,
  tls: boolean,
  limitMs: number,
  signal: AbortSignal,
): Promise<string | undefined> {
  const deadline = Date.now() + limitMs
  let last = 'it has not said that it listens'
  while (Date.now() < deadline && !signal.aborted) {
    if (service.state() === 'refused') return ['its settings are refused:', ...service.lastLines()].join('\n    ')
    const port = service.port()
    if (port !== undefined) {
      const answer = await askReady(port, tls)
      if (answer === undefined) return undefined
      last = answer
    }
    await sleep(askEveryMs, signal)
  }
  return `not ready after ${limitMs / 1_000} s: ${last}`
}

/** Undefined when it is ready, else what it says. */
function askReady(port: number, tls: boolean): Promise<string | undefined> {
  return new Promise((resolve) => {
    // Only asks this machine whether it is ready: whom the certificate names does not matter.
    const options = { host: '127.0.0.1', port, path: '/readyz', timeout: answerLimitMs, agent: false, rejectUnauthorized: false }
    const request = (tls ? getTls : get)(options, (response) => {
      let body = ''
      response.setEncoding('utf8')
      response.on('data', (text: string) => (body += text))
      response.on('end', () => resolve(response.statusCode === 200 ? undefined : problemIn(body)))
      response.on('error', (error) => resolve(error.message))
    })
    request.on('timeout', () => request.destroy(new Error(`no answer from /readyz within ${answerLimitMs / 1_000} s`)))
    request.on('error', (error) => resolve(error.message))
  })
}

/** `{"status":"unavailable","problem":"…"}`, see platform/http.ts. */
function problemIn(body: string): string {
  try {
    return String((JSON.parse(body) as { problem?: unknown }).problem ?? body)
  } catch {
    return body
  }
}

// HTTP to a vendor, for every sink that speaks it: one request, one answer of bounded size, over connections that are kept.
import {
  globalAgent as httpGlobal,
  Agent as HttpAgent,
  type AgentOptions,
  type ClientRequest,
  type IncomingHttpHeaders,
  request as httpRequest,
} from 'node:http'
import { globalAgent as httpsGlobal, Agent as HttpsAgent, request as httpsRequest } from 'node:https'

/** Of an answer no more is read unless a client wants more: those of vendors are short, and what stands between us and them may send anything. */
const MOST_ANSWER_BYTES = 64 * 1024
/**
 * Idle connections are given up before balancers and address translations forget them, so that a quiet tenant's next event does
 * not meet a dead one. A shorter `Keep-Alive: timeout=` of the other side is kept by Node's agent.
 */
const IDLE_MS = 1_500
/** For requests that bring no limit of their own, as those of the AWS SDK for credentials. */
const LIMIT_MS = 20_000

export type HttpRequest = {
  method: string
  headers: Record<string, string | number>
  body?: Uint8Array | string
  /** Ends the attempt. */
  signal?: AbortSignal
}
export type HttpAnswer = { status: number; headers: IncomingHttpHeaders; body: Buffer }
export type HttpClient = {
  /** Resolves with any answer at all. @throws what broke the connection, AbortError, or ERR_PROXY_TUNNEL with the proxy's status */
  send: (url: URL, request: HttpRequest) => Promise<HttpAnswer>
  close: () => void
}

/**
 * A client with its own connections. With NODE_USE_ENV_PROXY=1 they go through HTTPS_PROXY or HTTP_PROXY unless NO_PROXY names the
 * host: what Node's global agents were told holds here too.
 * @param mostBytes of an answer that are read
 */
export function createHttpClient(mostBytes = MOST_ANSWER_BYTES): HttpClient {
  const options = { keepAlive: true, timeout: IDLE_MS }
  const http = new HttpAgent({ ...options, proxyEnv: proxyOf(httpGlobal) })
  const https = new HttpsAgent({ ...options, proxyEnv: proxyOf(httpsGlobal) })

  function begin(url: URL, { method, headers, signal }: HttpRequest): ClientRequest {
    const tls = url.protocol === 'https:'
    return (tls ? httpsRequest : httpRequest)(url, { method, headers, signal, agent: tls ? https : http })
  }

  return {
    async send(url, asked) {
      const signal = asked.signal ?? AbortSignal.timeout(LIMIT_MS)
      const first = begin(url, { ...asked, signal })
      try {
        return await exchange(first, asked.body, mostBytes)
      } catch (error) {
        const unanswered = error as Unanswered
        // A connection that died while it lay idle is noticed by its next request. That is no failure of the vendor: once more, on a
        // new one. Where the request did arrive before the reset this sends it twice, as the runtime's own retry would.
        if (!first.reusedSocket || !unanswered.unanswered || signal.aborted || !RESET.test(String(unanswered.code))) throw error
        dropIdle(http) // those lay idle as long
        dropIdle(https)
        return exchange(begin(url, { ...asked, signal }), asked.body, mostBytes)
      }
    },
    close() {
      http.destroy()
      https.destroy()
    },
  }
}

const RESET = /^(ECONNRESET|EPIPE)$/

/** Node keeps what NODE_USE_ENV_PROXY read from the environment in its global agents. */
const proxyOf = (agent: HttpAgent) => (agent as unknown as { options: AgentOptions }).options.proxyEnv

function dropIdle(agent: HttpAgent): void {
  for (const sockets of Object.values(agent.freeSockets)) for (const socket of sockets ?? []) socket.destroy()
}

/** `unanswered`: not one byte of an answer came. */
type Unanswered = Error & { code?: string; unanswered?: boolean }

function exchange(request: ClientRequest, body: Uint8Array | string = '', mostBytes: number): Promise<HttpAnswer> {
  let bytesBefore = 0
  return new Promise((resolve, reject) => {
    request.once('socket', ({ bytesRead }) => (bytesBefore = bytesRead))
    request.on('response', (response) => {
      const chunks: Buffer[] = []
      let room = mostBytes
      const done = () => resolve({ status: response.statusCode ?? 0, headers: response.headers, body: Buffer.concat(chunks) })
      response.on('data', (chunk: Buffer) => {
        chunks.push(chunk.subarray(0, room))
        room -= chunk.length
        if (room > 0) return
        done()
        response.destroy()
      })
      response.on('end', done)
      response.on('error', reject)
    })
    request.on('error', (error: Unanswered) =>
      reject(Object.assign(error, { unanswered: (request.socket?.bytesRead ?? 0) === bytesBefore })),
    )
    request.end(body)
  })
}

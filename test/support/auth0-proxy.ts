// Something between the services and Auth0's stand-in that answers in its place: an edge, a maintenance page, a slow or broken network.
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { onTestFinished } from 'vitest'

/** `hang`: taken up, never answered. `reset`: cut without an answer. */
export type Tampered = { status?: number; headers?: Record<string, string>; body?: string } | 'hang' | 'reset' | undefined

/** A request on its way, and when it came (monotonic, ms). */
export type Seen = { method: string; path: string; query: URLSearchParams; at: number }

/** @param tamper what is answered in the tenant's place; undefined: the tenant's own answer. May change the query */
export async function betweenAuth0(origin: string, tamper: (request: Seen) => Tampered) {
  const seen: Seen[] = []
  const server = createServer((request, response) => void pass(request, response).catch(() => request.socket.destroy()))

  async function pass(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk as Buffer)
    const url = new URL(request.url ?? '/', origin)
    const one = { method: request.method ?? '', path: url.pathname, query: url.searchParams, at: performance.now() }
    seen.push(one)
    const tampered = tamper(one)
    if (tampered === 'hang') return
    if (tampered === 'reset') return void request.socket.resetAndDestroy()
    if (tampered) {
      const { status = 200, headers = { 'content-type': 'application/json' }, body = '' } = tampered
      return void response.writeHead(status, headers).end(body)
    }
    const { authorization = '', 'content-type': type = 'application/json' } = request.headers
    const answer = await fetch(url, {
      method: request.method,
      headers: { authorization, 'content-type': type },
      body: chunks.length > 0 ? Buffer.concat(chunks) : undefined,
    })
    const headers = Object.fromEntries(
      [...answer.headers].filter(([name]) => /^(content-type|link|x-ratelimit-.*|retry-after)$/.test(name)),
    )
    response.writeHead(answer.status, headers).end(Buffer.from(await answer.arrayBuffer()))
  }

  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    seen: () => seen,
    pages: () => seen.filter(({ path, query }) => path === '/api/v2/logs' && query.has('from')),
  }
}

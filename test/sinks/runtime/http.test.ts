// One request and one answer: kept connections that died, proxies, answers without end.
import { createServer, type IncomingMessage, type RequestListener } from 'node:http'
import { globalAgent as httpsGlobal } from 'node:https'
import { globalAgent as httpGlobal } from 'node:http'
import { type AddressInfo, createServer as createTcpServer, type Server, type Socket } from 'node:net'
import { describe, expect, it, onTestFinished } from 'vitest'
import { sleep } from '../../../services/platform/lifecycle.ts'
import { createHttpClient } from '../../../services/sinks/runtime/http.ts'
import { outcomeOfError } from '../../../services/sinks/runtime/outcome.ts'

function client() {
  const http = createHttpClient()
  onTestFinished(http.close)
  const post = (url: string, body = 'x', limitMs = 5_000) =>
    http.send(new URL(url), {
      method: 'POST',
      headers: { 'content-length': body.length },
      body,
      signal: AbortSignal.timeout(limitMs),
    })
  return { http, post }
}

async function serving<S extends Server>(server: S): Promise<S & { origin: string }> {
  const sockets = new Set<Socket>()
  server.on('connection', (socket) => {
    sockets.add(socket)
    socket.on('error', () => {})
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  return Object.assign(server, { origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}` })
}

/** What the nth request on each connection meets; counts connections and requests. */
async function byTurn(
  behave: (nth: number, request: IncomingMessage, answer: () => void) => void,
  headers: Record<string, string> = {},
) {
  const turns = new WeakMap<Socket, number>()
  const seen = { connections: 0, requests: 0 }
  const listener: RequestListener = (request, response) => {
    seen.requests++
    const nth = (turns.get(request.socket) ?? 0) + 1
    turns.set(request.socket, nth)
    request.resume().once('end', () => behave(nth, request, () => response.writeHead(200, headers).end('taken')))
  }
  const server = await serving(createServer({ keepAliveTimeout: 60_000 }, listener))
  server.on('connection', () => seen.connections++)
  return { origin: server.origin, seen }
}

describe('kept connections', () => {
  it('a reset of one that was used before - is tried once more at once, on a new one', async () => {
    const { origin, seen } = await byTurn((nth, request, answer) => (nth === 1 ? answer() : request.socket.resetAndDestroy()))
    const { post } = client()
    for (let n = 0; n < 5; n++) expect((await post(origin)).body.toString()).toBe('taken')
    expect(seen).toEqual({ connections: 5, requests: 9 })
  })

  it('a reset of all that lie idle - costs one more attempt, not one each', async () => {
    const { origin, seen } = await byTurn((nth, request, answer) =>
      nth === 1 ? setTimeout(answer, 50) : request.socket.resetAndDestroy(),
    )
    const { post } = client()
    await Promise.all([post(origin), post(origin), post(origin)])
    expect((await post(origin)).status).toBe(200)
    expect(seen).toEqual({ connections: 4, requests: 5 })
  })

  it('a reset of a new one, a second reset, one within an answer - are failures', async () => {
    const { origin, seen } = await byTurn((_, request) => request.socket.resetAndDestroy())
    await expect(client().post(origin)).rejects.toMatchObject({ code: 'ECONNRESET' })
    expect(seen.requests).toBe(1)

    let total = 0
    const later = await byTurn((_, request, answer) => (++total === 1 ? answer() : request.socket.resetAndDestroy()))
    const { post } = client()
    await post(later.origin)
    await expect(post(later.origin)).rejects.toMatchObject({ code: 'ECONNRESET' })
    expect(later.seen.requests).toBe(3)

    const begun = await byTurn((nth, { socket }, answer) => {
      if (nth === 1) return answer()
      socket.write('HTTP/1.1 200 OK\r\ncontent-', () => setTimeout(() => socket.resetAndDestroy(), 50))
    })
    const other = client()
    await other.post(begun.origin)
    await expect(other.post(begun.origin)).rejects.toThrow()
    expect(begun.seen.requests).toBe(2)
  })

  it('idle ones - are given up after some seconds, before those on the way forget them', async () => {
    const { origin, seen } = await byTurn((nth, _, answer) => nth === 1 && answer())
    const { post } = client()
    await post(origin)
    await sleep(2_000)
    expect((await post(origin, 'x', 1_000)).status).toBe(200)
    expect(seen).toEqual({ connections: 2, requests: 2 })
  })

  it('Keep-Alive: timeout= of the other side - is kept', async () => {
    const { origin, seen } = await byTurn((nth, _, answer) => nth === 1 && answer(), { 'keep-alive': 'timeout=1' })
    const { post } = client()
    await post(origin)
    await sleep(300)
    expect((await post(origin, 'x', 1_000)).status).toBe(200)
    expect(seen.connections).toBe(2)
  })

  it('requests close to each other - share one', async () => {
    const { origin, seen } = await byTurn((_, __, answer) => answer())
    const { post } = client()
    for (let n = 0; n < 5; n++) await post(origin)
    expect(seen).toEqual({ connections: 1, requests: 5 })
  })
})

describe('answers', () => {
  it('without an end - are read to 64 KB and no further', async () => {
    let written = 0
    const endless: RequestListener = (_, response) => {
      const more = () => {
        while (!response.destroyed && response.write(Buffer.alloc(64 * 1024, 'x'))) written += 64 * 1024
      }
      response.on('drain', more)
      more()
    }
    const { origin } = await serving(createServer(endless))
    const { body, status } = await client().post(origin)
    expect([status, body.length]).toEqual([200, 64 * 1024])
    await sleep(200)
    expect(written).toBeLessThan(20_000_000)
  })

  it('that never come - end with the signal', async () => {
    const { origin } = await serving(createTcpServer())
    const error: unknown = await client()
      .post(origin, 'x', 200)
      .catch((caught: unknown) => caught)
    expect(outcomeOfError(error)).toMatchObject({ kind: 'retry', reason: 'timeout' })
  })

  it('cut in the middle - are a failure', async () => {
    const { origin } = await serving(
      createServer(
        (_, response) => void response.writeHead(200, { 'content-length': 100 }).write('half', () => response.destroy()),
      ),
    )
    await expect(client().post(origin)).rejects.toThrow()
  })
})

describe('proxies', () => {
  /** As NODE_USE_ENV_PROXY=1 leaves it in Node's global agents. */
  function environment(proxyEnv: Record<string, string>) {
    for (const agent of [httpGlobal, httpsGlobal]) {
      const { options } = agent as unknown as { options: { proxyEnv?: object } }
      const before = options.proxyEnv
      options.proxyEnv = proxyEnv
      onTestFinished(() => void (options.proxyEnv = before))
    }
  }

  it('plain http - goes through HTTP_PROXY to a host that only the proxy knows; NO_PROXY is left out', async () => {
    const asked: string[] = []
    const proxy = await serving(
      createServer((request, response) => {
        asked.push(`${request.method} ${request.url}`)
        request.resume().once('end', () => response.end('by proxy'))
      }),
    )
    const direct = await byTurn((_, __, answer) => answer())
    environment({ HTTP_PROXY: proxy.origin, NO_PROXY: '127.0.0.1' })
    const { post } = client()
    expect((await post('http://vendor.invalid/v1/batch')).body.toString()).toBe('by proxy')
    expect((await post(direct.origin)).body.toString()).toBe('taken')
    expect(asked).toEqual(['POST http://vendor.invalid/v1/batch'])
  })

  it.each([
    [407, 'Proxy Authentication Required', 'hold'],
    [403, 'Blocked by policy', 'hold'],
    [400, 'Bad Request', 'hold'],
    [502, 'Bad Gateway', 'retry'],
    [503, 'Service Unavailable', 'retry'],
  ])("https - a proxy that answers CONNECT with %i: told in the proxy's words, a %s", async (status, words, kind) => {
    const asked: string[] = []
    const proxy = await serving(
      createTcpServer((socket) => {
        socket.once('data', (head: Buffer) => {
          asked.push(head.toString().split('\r\n')[0])
          socket.end(`HTTP/1.1 ${status} ${words}\r\ncontent-length: 0\r\n\r\n`)
        })
      }),
    )
    environment({ HTTPS_PROXY: proxy.origin.replace('//', '//user:secret-word@') })
    const error: unknown = await client()
      .post('https://vendor.invalid/v1/batch')
      .catch((caught: unknown) => caught)
    const outcome = outcomeOfError(error)
    expect(outcome).toMatchObject({ kind, reason: `proxy_${status}`, message: expect.stringContaining(`${status} ${words}`) })
    expect(outcome).not.toMatchObject({ message: expect.stringContaining('secret-word') })
    expect(asked).toEqual(['CONNECT vendor.invalid:443 HTTP/1.1'])
  })
})

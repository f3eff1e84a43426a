// HTTP servers of the services: express for the routes, health and metrics the same everywhere, bounded closing.
import { createServer, type Server } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { AddressInfo, Socket } from 'node:net'
import express, { type Express } from 'express'
import type { TlsFiles } from './files.ts'
import { type Metrics, processMetrics, scrape } from './metrics.ts'
import { text } from './settings.ts'

export type { Express, Request, Response } from 'express'

/** Where a service listens. In a container that is every address; `npm start` lets only this machine in. */
export const listenFields = {
  listenHost: text('LISTEN_HOST', 'Address to listen on', { default: '0.0.0.0' }),
}

/** What /livez and /readyz answer: undefined = fine, else what is wrong, in words. */
export type Health = { live: () => string | undefined; ready: () => string | undefined }

/** An express app without what express adds to answers by itself. */
export function createApp(): Express {
  const app = express()
  app.disable('x-powered-by')
  app.disable('etag')
  return app
}

/** The routes that every service has. */
export function healthRoutes(app: Express, health: Health, metrics: Metrics): void {
  const answer = (check: () => string | undefined) => (_: express.Request, response: express.Response) => {
    const problem = check()
    response
      .status(problem === undefined ? 200 : 503)
      .json(problem === undefined ? { status: 'ok' } : { status: 'unavailable', problem })
  }
  app.get('/livez', answer(health.live))
  app.get('/readyz', answer(health.ready))
  metrics.gauge(processMetrics.ready, function () {
    this.set({ service: metrics.service }, health.ready() === undefined ? 1 : 0)
  })
  app.get('/metrics', (request, response, next) => {
    scrape(metrics, formatOf(request)).then(({ type, body }) => response.set('content-type', type).send(body), next)
  })
}

/** Of each format there is one version: the versions and escaping schemes that a scrape lists are no choice. */
function formatOf(request: express.Request): 'openmetrics' | 'text' {
  const { accept } = request.headers
  if (accept !== undefined) request.headers.accept = accept.replace(/;\s*(?!q=)[^;,]*/gi, '')
  return request.accepts(['text/plain', 'application/openmetrics-text']) === 'application/openmetrics-text'
    ? 'openmetrics'
    : 'text'
}

export type Listening = { server: Server; port: number; origin: string; close: () => Promise<void> }

/**
 * Starts to listen. `port` 0 takes any free one.
 * @throws with the port's number in the message when it is taken or not allowed.
 */
export async function listen(
  app: Express,
  options: { port: number; host?: string; tls?: TlsFiles; drainMs?: number },
): Promise<Listening> {
  const { port, host = '0.0.0.0', tls, drainMs = 2_000 } = options
  const server = tls ? createTlsServer(tls, app) : createServer(app)
  const sockets = new Set<Socket>()
  server.on('connection', (socket: Socket) => {
    sockets.add(socket)
    socket.once('close', () => sockets.delete(socket))
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      const why = error.code === 'EADDRINUSE' ? 'is taken by another process' : `cannot be used (${error.message})`
      reject(new Error(`port ${port} ${why}: free it or choose another`, { cause: error }))
    })
    server.listen(port, host, resolve)
  })
  const actual = (server.address() as AddressInfo).port
  return {
    server,
    port: actual,
    origin: `${tls ? 'https' : 'http'}://127.0.0.1:${actual}`,
    close: () => closeServer(server, sockets, drainMs),
  }
}

/** Stops listening, lets open requests finish for `drainMs`, then cuts what is left. */
function closeServer(server: Server, sockets: Set<Socket>, drainMs: number): Promise<void> {
  return new Promise((resolve) => {
    // By socket: closeAllConnections knows none that is still in its TLS handshake.
    const cut = setTimeout(() => sockets.forEach((socket) => socket.destroy()), drainMs)
    // A kept connection becomes idle when its request ends; nothing else would close it before the cut.
    const sweep = setInterval(() => server.closeIdleConnections(), 20)
    server.close(() => {
      clearTimeout(cut)
      clearInterval(sweep)
      resolve()
    })
    server.closeIdleConnections()
  })
}

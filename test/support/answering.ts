// Servers for tests that answer everything in one way.
import { createServer, type RequestListener } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import { type AddressInfo, createServer as createTcpServer, type Server, type Socket } from 'node:net'
import { onTestFinished } from 'vitest'
import { makeCertificates } from '../../services/sandbox/certificate.ts'

export type Answering = { port: number; origin: string }

/** Every request is answered with this. Closed after the test. */
export async function answering(status: number, body = '', headers: Record<string, string> = {}): Promise<Answering> {
  const answer: RequestListener = (request, response) => {
    request.resume()
    request.once('end', () => response.writeHead(status, headers).end(body))
  }
  return started(createServer(answer), 'http')
}

/** Speaks TLS with a certificate of a CA that nobody knows. */
export async function untrusted(): Promise<Answering> {
  return started(
    createTlsServer(makeCertificates(Date.now()), (_, response) => response.end()),
    'https',
  )
}

/** Takes connections and says nothing. */
export const silent = () => started(createTcpServer(), 'http')

/** A port at which nobody listens: it was free a moment ago. */
export async function deserted(): Promise<Answering> {
  const server = createTcpServer()
  const { port, origin } = await listening(server, 'http')
  await new Promise((resolve) => server.close(resolve))
  return { port, origin }
}

async function started(server: Server, scheme: string): Promise<Answering> {
  const sockets = new Set<Socket>()
  server.on('connection', (socket) => {
    sockets.add(socket)
    socket.on('error', () => {}) // a client that gave up
  })
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  return listening(server, scheme)
}

async function listening(server: Server, scheme: string): Promise<Answering> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return { port, origin: `${scheme}://127.0.0.1:${port}` }
}

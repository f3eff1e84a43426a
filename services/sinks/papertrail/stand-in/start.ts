// A stand-in for Papertrail: syslog over TLS, TCP and UDP, with the vendor's limits. Nothing is ever acknowledged.
// https://www.papertrail.com/help/troubleshooting-remote-syslog-reachability/
import { createSocket } from 'node:dgram'
import { mkdtemp, rm } from 'node:fs/promises'
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createSecureContext, type SecureContext, TLSSocket } from 'node:tls'
import { createFaults, type FaultName, type Faults } from '../../../sandbox/faults.ts'
import { keptCertificates } from './kept-certificates.ts'
import { logIdOf } from '../../../sandbox/log-id.ts'
import { createRecorder, type Recorder } from '../../../sandbox/received.ts'
import { HOST, type StandIn, type StandInOptions, standIn } from '../../../sandbox/stand-in.ts'
import { createFramer } from './frames.ts'
import { parseSyslog } from './message.ts'

export const STREAM_BYTES_LIMIT = 100_000
export const DATAGRAM_BYTES_LIMIT = 1_024
const SLOW_MS = 1_000

export type Papertrail = StandIn & {
  /** Plain TCP. */
  tcpPort: number
  udpPort: number
  /** PEM file of the CA that the server's certificate is from. */
  caFile: string
  ca: string
}

const papertrailFaults: readonly FaultName[] = ['hang', 'reset', 'slow']

/**
 * Starts Papertrail. An event's id is the `log_id` in its JSON message; its fields are those of the header.
 * Faults count connections: `reset` cuts those that are open at once, later ones at their first bytes, which are lost;
 * `hang` reads no further until it is told to behave, then takes what was kept waiting; `slow` waits before each read.
 * Datagrams are lost during `reset` and `hang`.
 * @param options `port` is the one for TLS; `dir` keeps the certificates, the CA's file among them
 */
export async function start(options: StandInOptions = {}): Promise<Papertrail> {
  const recorder = createRecorder(options)
  const { host = HOST } = options
  const dir = options.dir ?? (await mkdtemp(join(tmpdir(), 'papertrail-')))
  const { ca, cert, key, caFile } = await keptCertificates(dir, host, Date.now())
  const context = createSecureContext({ cert, key })
  const open = new Set<Connection>()
  const faults = createFaults('papertrail', papertrailFaults, (fault) => {
    for (const connection of open) {
      if (fault === undefined) connection.resume()
      else if (faults.take(['reset'])) {
        recorder.count('faults')
        connection.reset()
      }
    }
  })
  const accept = (secure?: SecureContext) => (raw: Socket) => {
    recorder.received.requests++
    const connection = serveConnection(raw, secure, recorder, faults)
    open.add(connection)
    raw.once('close', () => open.delete(connection))
  }
  const tls = createServer(accept(context))
  const tcp = createServer(accept())
  const port = await listenOn(tls, host, options.port ?? 0)
  const tcpPort = await listenOn(tcp, host, 0)
  const udp = await listenForDatagrams(host, recorder, faults)

  async function close(): Promise<void> {
    for (const connection of open) connection.reset()
    await Promise.all([closeServer(tls), closeServer(tcp), new Promise<void>((resolve) => udp.close(resolve))])
    if (options.dir === undefined) await rm(dir, { recursive: true, force: true })
  }
  const shared = standIn('papertrail', { host, port, origin: `tls://${host}:${port}`, close }, recorder, faults)
  const facts = { tcpPort, udpPort: udp.address().port, caFile }
  return Object.assign(shared, facts, { facts, ca })
}

type Connection = { reset: () => void; resume: () => void }

function serveConnection(raw: Socket, secureContext: SecureContext | undefined, recorder: Recorder, faults: Faults): Connection {
  const socket = secureContext ? new TLSSocket(raw, { isServer: true, secureContext }) : raw
  const framer = createFramer(STREAM_BYTES_LIMIT, (bytes, start, end, cut) => {
    takeMessage(bytes.toString('utf8', start, end), end - start, cut, recorder)
  })
  let waiting: Buffer | undefined
  let timer: NodeJS.Timeout | undefined

  function resume(): void {
    clearTimeout(timer)
    if (waiting === undefined) return
    const chunk = waiting
    waiting = undefined
    framer.push(chunk)
    socket.resume()
  }
  function reset(): void {
    clearTimeout(timer)
    waiting = undefined
    raw.resetAndDestroy()
    socket.destroy()
  }
  socket.on('data', (chunk: Buffer) => {
    const fault = faults.take(papertrailFaults)
    if (fault === undefined) return framer.push(chunk)
    recorder.count('faults')
    if (fault.fault === 'reset') return reset()
    waiting = chunk
    socket.pause()
    if (fault.fault === 'slow') timer = setTimeout(resume, fault.ms ?? SLOW_MS)
  })
  socket.on('end', framer.end)
  socket.on('close', () => clearTimeout(timer))
  // A peer that vanishes or speaks no TLS is not this side's failure; `close` follows.
  socket.on('error', () => raw.destroy())
  raw.on('error', () => socket.destroy())
  return { reset, resume }
}

function takeMessage(text: string, bytes: number, cut: boolean, recorder: Recorder): void {
  if (cut) recorder.count('truncated')
  const parsed = parseSyslog(text)
  if (parsed === undefined) return recorder.refuse({ id: '', time: Number.NaN, text }, 'malformed')
  const { message, time, ...header } = parsed
  recorder.take(
    bytes,
    () => logIdOf(message),
    (id) => ({ id, time, text: message, fields: header }),
  )
}

async function listenForDatagrams(host: string, recorder: Recorder, faults: Faults) {
  const socket = createSocket('udp4')
  socket.on('message', (datagram) => {
    recorder.received.requests++
    if (faults.take(['hang', 'reset'])) return recorder.count('faults')
    const bytes = Math.min(datagram.length, DATAGRAM_BYTES_LIMIT)
    takeMessage(datagram.toString('utf8', 0, bytes).trimEnd(), bytes, bytes < datagram.length, recorder)
  })
  await new Promise<void>((resolve, reject) => {
    socket.once('error', reject)
    socket.bind(0, host, () => {
      socket.off('error', reject)
      resolve()
    })
  })
  return socket
}

function listenOn(server: Server, host: string, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', (error) => reject(new Error(`port ${port} cannot be used: free it or choose another`, { cause: error })))
    server.listen(port, host, () => resolve((server.address() as AddressInfo).port))
  })
}

const closeServer = (server: Server) => new Promise<void>((resolve) => server.close(() => resolve()))

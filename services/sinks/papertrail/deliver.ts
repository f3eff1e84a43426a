// Syslog over TLS or TCP: one connection with back-pressure. Syslog has no acknowledgement: a delivery is done when the other side's
// TCP has taken its bytes, the runtime counts it `settleMs` later, and hears here of a break until then. Over UDP nothing is heard at all.
import { createSocket } from 'node:dgram'
import { readFileSync } from 'node:fs'
import { connect as connectTcp, isIP, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import { errorText } from '../../platform/errors.ts'
import type { Settings } from '../../platform/settings.ts'
import type { Connection, Outcome } from '../runtime/contract.ts'
import { discreet, outcomeOfError } from '../runtime/outcome.ts'
import { fields, STALL_MS } from './settings.ts'
import { sendQueueBytes } from './send-queue.ts'

type PapertrailSettings = Settings<typeof fields>

const KEEP_ALIVE_MS = 10_000
const CHECK_MS = 10_000
const CLOSE_MS = 2_000
/** How soon the send queue is looked at again: at first at once, for most other sides take all in a millisecond. */
const LOOK_FIRST_MS = 2
const LOOK_LATER_MS = 100

/** Connects at the first delivery or check, and again after a break. Only over TLS and TCP is there a `broken`. */
export const connect = (settings: PapertrailSettings): Promise<Connection<Buffer>> =>
  settings.transport === 'udp' ? connectDatagram(settings) : connectStream(settings)

async function connectStream(settings: PapertrailSettings): Promise<Connection<Buffer>> {
  let socket: Socket | undefined
  let closed = Promise.withResolvers<string>()

  /** The open connection, or a new one. */
  async function open(signal: AbortSignal): Promise<Socket> {
    if (socket && !socket.destroyed && socket.writable) return socket
    const fresh = dial(settings)
    try {
      await new Promise<void>((resolve, reject) => {
        fresh.once(settings.transport === 'tls' ? 'secureConnect' : 'connect', resolve)
        fresh.once('error', reject)
        fresh.once('close', () => reject(new Error('the connection was closed before it stood')))
        signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true })
      })
    } catch (error) {
      fresh.destroy()
      throw error
    }
    fresh.setKeepAlive(true, KEEP_ALIVE_MS)
    fresh.setNoDelay(true)
    fresh.resume() // nothing is expected; reading is how the other side's close is noticed
    /** At the first sign of it: `close` comes a turn of the event loop later, when others may have settled already. */
    let isTold = false
    const broke = (why: string) => {
      fresh.destroy()
      if (socket === fresh) socket = undefined
      if (isTold) return
      isTold = true
      closed.resolve(why)
      closed = Promise.withResolvers()
    }
    fresh.on('error', (error) => broke(errorText(error)))
    fresh.once('end', () => broke('the other side closed the connection'))
    fresh.once('close', () => broke('the connection was closed'))
    socket = fresh
    return fresh
  }

  async function check(): Promise<void> {
    await open(AbortSignal.timeout(CHECK_MS)).catch((error) => {
      throw new Error(
        `${settings.host}:${settings.port} (${settings.transport}): ${errorText(error)}; check PAPERTRAIL_HOST, _PORT and _CA_FILE`,
      )
    })
  }

  async function close(): Promise<void> {
    const last = socket
    if (!last) return
    const gone = new Promise<void>((resolve) => last.once('close', () => resolve()))
    last.end()
    setTimeout(() => last.destroy(), CLOSE_MS).unref()
    await gone
  }

  const deliver: Connection<Buffer>['deliver'] = async (items, signal) => write(await open(signal), items, signal)
  return discreet({ deliver, check, close, broken: () => closed.promise }, fields, settings)
}

/** The authority's file is read anew for each connection: certificates are renewed while a sink runs. */
function dial({ transport, host, port, caFile }: PapertrailSettings): Socket {
  if (transport === 'tcp') return connectTcp({ host, port })
  return connectTls({
    host,
    port,
    ...(caFile ? { ca: [readFileSync(caFile)] } : {}),
    ...(isIP(host) ? {} : { servername: host }),
  })
}

/** Resolves when the other side's TCP has taken all bytes; after a break, a standstill or an abort it is not known what arrived. */
function write(socket: Socket, items: Buffer[], signal: AbortSignal): Promise<Outcome> {
  return new Promise((resolve) => {
    /** The kernel has all of it; the rest is between it and the other side. */
    let handed = false
    let waiting: number | undefined
    let since = performance.now()
    let timer: NodeJS.Timeout | undefined

    const done = (outcome: Outcome) => {
      clearTimeout(timer)
      socket.off('close', broke)
      signal.removeEventListener('abort', aborted)
      resolve(outcome)
    }
    /** A half-written message must not be followed by another. */
    const cut = (reason: string, message: string) => {
      done({ kind: 'retry', reason, message })
      socket.destroy()
    }
    const broke = () =>
      done({ kind: 'retry', reason: 'connection_reset', message: 'the connection broke while messages were written' })
    const aborted = () => cut('timeout', 'the other side took nothing within the time limit')
    /** Where nobody can tell what waits, what the kernel has is taken for delivered, and a standstill ends with the time limit. */
    const look = (nextMs: number) => {
      const left = sendQueueBytes(socket)
      if (handed && !left) return done({ kind: 'delivered' })
      if (left === undefined || left !== waiting) since = performance.now()
      else if (performance.now() - since >= STALL_MS) {
        const seconds = STALL_MS / 1000
        return cut(
          'stalled',
          `the other side has taken nothing for ${seconds} s while ${left} bytes wait for it: cut, to be sent again`,
        )
      }
      waiting = left
      timer = setTimeout(look, nextMs, Math.min(2 * nextMs, LOOK_LATER_MS))
    }

    socket.once('close', broke)
    signal.addEventListener('abort', aborted, { once: true })
    if (signal.aborted) return aborted()
    timer = setTimeout(look, LOOK_LATER_MS, LOOK_LATER_MS)
    socket.write(Buffer.concat(items), (error) => {
      if (error) return done(outcomeOfError(error))
      clearTimeout(timer)
      handed = true
      look(LOOK_FIRST_MS)
    })
  })
}

/** Over UDP a message is a datagram: what gets lost on the way is lost unseen. */
async function connectDatagram(settings: PapertrailSettings): Promise<Connection<Buffer>> {
  const { host, port } = settings
  const socket = createSocket('udp4')
  socket.on('error', () => {}) // told by the send that it concerns; without a listener it would end the process
  const send = (message: Buffer) =>
    new Promise<void>((resolve, reject) => socket.send(message, port, host, (error) => (error ? reject(error) : resolve())))
  const deliver: Connection<Buffer>['deliver'] = async (items) => {
    for (const item of items) await send(item)
    return { kind: 'delivered' }
  }
  const close = () => new Promise<void>((resolve) => socket.close(() => resolve()))
  return discreet({ deliver, check: async () => {}, close }, fields, settings)
}

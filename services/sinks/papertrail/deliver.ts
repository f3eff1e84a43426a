// Syslog over TLS or TCP: one connection with back-pressure. A write that was taken is no delivery (syslog has no acknowledgement):
// the runtime counts it after `settleMs` without a break, and hears of a break here. syslog-client cannot do any of this.
import { connect as connectTcp, isIP, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import { errorText } from '../../platform/errors.ts'
import type { Settings } from '../../platform/settings.ts'
import type { Connection, Outcome } from '../runtime/contract.ts'
import { outcomeOfError } from '../runtime/outcome.ts'
import type { fields } from './fields.ts'

type PapertrailSettings = Settings<typeof fields>

const KEEP_ALIVE_MS = 10_000
const CHECK_MS = 10_000
const CLOSE_MS = 2_000

export async function connectStream(settings: PapertrailSettings): Promise<Connection<Buffer>> {
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
    let why = 'the other side closed the connection'
    fresh.on('error', (error) => {
      why = errorText(error)
    })
    fresh.once('end', () => fresh.destroy())
    fresh.once('close', () => {
      if (socket === fresh) socket = undefined
      closed.resolve(why)
      closed = Promise.withResolvers()
    })
    socket = fresh
    return fresh
  }

  return {
    async deliver(items, signal) {
      try {
        return await write(await open(signal), items, signal)
      } catch (error) {
        return outcomeOfError(error)
      }
    },
    async check() {
      await open(AbortSignal.timeout(CHECK_MS)).catch((error) => {
        throw new Error(
          `${settings.host}:${settings.port} (${settings.transport}): ${errorText(error)}; check PAPERTRAIL_HOST, _PORT and _CA_FILE`,
        )
      })
    },
    async close() {
      const last = socket
      if (!last) return
      const gone = new Promise<void>((resolve) => last.once('close', () => resolve()))
      last.end()
      setTimeout(() => last.destroy(), CLOSE_MS).unref()
      await gone
    },
    broken: () => closed.promise,
  }
}

function dial({ transport, host, port, ca }: PapertrailSettings): Socket {
  if (transport === 'tcp') return connectTcp({ host, port })
  return connectTls({ host, port, ...(ca ? { ca: [ca] } : {}), ...(isIP(host) ? {} : { servername: host }) })
}

/** Resolves when the kernel has taken all bytes; after a break or an abort it is not known what arrived. */
function write(socket: Socket, items: Buffer[], signal: AbortSignal): Promise<Outcome> {
  return new Promise((resolve) => {
    const done = (outcome: Outcome) => {
      socket.off('close', broke)
      signal.removeEventListener('abort', aborted)
      resolve(outcome)
    }
    const broke = () =>
      done({ kind: 'retry', reason: 'connection_reset', message: 'the connection broke while messages were written' })
    const aborted = () => {
      socket.destroy() // a half-written message must not be followed by another
      done({ kind: 'retry', reason: 'timeout', message: 'the other side took nothing within the time limit' })
    }
    socket.once('close', broke)
    signal.addEventListener('abort', aborted, { once: true })
    if (signal.aborted) return aborted()
    socket.write(Buffer.concat(items), (error) => done(error ? outcomeOfError(error) : { kind: 'delivered' }))
  })
}

// What of a connection's bytes the other side's TCP has not taken yet. Linux tells it in /proc/net/tcp, as `ss` shows it; Node has no
// call for it.
import { closeSync, openSync, readSync } from 'node:fs'
import type { Socket } from 'node:net'

const CHUNK_BYTES = 16 * 1024
/** No line of the table is longer. */
const LINE_CHARACTERS = 256
const buffer = Buffer.allocUnsafe(CHUNK_BYTES)

/**
 * Bytes that wait in this machine's kernel for the other side, undefined where nobody can tell: on other systems than Linux, and for
 * a connection that is gone.
 */
export function sendQueueBytes({ localPort, remotePort, localFamily }: Socket, tables = '/proc/net/'): number | undefined {
  if (localPort === undefined || remotePort === undefined) return undefined
  const line = new RegExp(`:${hex(localPort)} [0-9A-F]+:${hex(remotePort)} [0-9A-F]{2} ([0-9A-F]{8}):`)
  let table: number | undefined
  try {
    table = openSync(`${tables}${localFamily === 'IPv6' ? 'tcp6' : 'tcp'}`, 'r')
    // A busy machine has thousands of lines and the kernel makes them as they are read: no further than to ours.
    for (let text = ''; ; ) {
      const read = readSync(table, buffer, 0, CHUNK_BYTES, null)
      if (read === 0) return undefined
      text = text.slice(-LINE_CHARACTERS) + buffer.toString('latin1', 0, read)
      const found = line.exec(text)
      if (found) return Number.parseInt(found[1], 16)
    }
  } catch {
    return undefined
  } finally {
    if (table !== undefined) closeSync(table)
  }
}

const hex = (port: number) => port.toString(16).toUpperCase().padStart(4, '0')

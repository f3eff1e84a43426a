// What waits in the kernel for the other side.
import { connect, createServer, type Socket } from 'node:net'
import type { AddressInfo } from 'node:net'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { sendQueueBytes } from '../../../services/sinks/papertrail/send-queue.ts'
import { until } from '../../support/wait.ts'

/** A connection to a peer that reads nothing until told. */
async function open(host: string): Promise<{ socket: Socket; peer: Socket }> {
  const peer = Promise.withResolvers<Socket>()
  const server = createServer({ pauseOnConnect: true }, peer.resolve)
  await new Promise<void>((resolve) => server.listen(0, host, resolve))
  const socket = connect((server.address() as AddressInfo).port, host)
  await new Promise((resolve) => socket.once('connect', resolve))
  const far = await peer.promise
  for (const one of [socket, far]) one.on('error', () => {})
  onTestFinished(() => {
    socket.destroy()
    far.destroy()
    server.close()
  })
  return { socket, peer: far }
}

describe.runIf(process.platform === 'linux')('sendQueueBytes', () => {
  it.each(['127.0.0.1', '::1'])('%s - nothing, what the peer does not take, and nothing again', async (host) => {
    const { socket, peer } = await open(host)
    expect(sendQueueBytes(socket)).toBe(0)
    socket.write(Buffer.alloc(4_000_000))
    await until(
      'bytes that wait',
      () => sendQueueBytes(socket),
      (bytes) => bytes !== undefined && bytes > 100_000,
    )
    peer.resume()
    await until(
      'nothing more',
      () => sendQueueBytes(socket),
      (bytes) => bytes === 0,
    )
  })

  it('a connection that is gone - nobody can tell', async () => {
    const { socket } = await open('127.0.0.1')
    socket.destroy()
    expect(sendQueueBytes(socket)).toBeUndefined()
  })
})

describe('sendQueueBytes of a table', () => {
  const socket = { localPort: 0x1f90, remotePort: 0x0035, localFamily: 'IPv4' } as Socket
  const row = (n: number, local: string, remote: string, queue: string) =>
    `${String(n).padStart(4)}: 0100007F:${local} 0100007F:${remote} 01 ${queue}:00000000 00:00000000 00000000     0        0 1 1 0 20 4 30 10 -1\n`
  const table = (rows: string) => {
    const dir = mkdtempSync(join(tmpdir(), 'tcp-'))
    onTestFinished(() => rmSync(dir, { recursive: true }))
    writeFileSync(join(dir, 'tcp'), `  sl  local_address rem_address   st tx_queue rx_queue\n${rows}`)
    return `${dir}/`
  }

  it('many lines - finds its own wherever it stands, also across pieces that are read', () => {
    for (let before = 95; before < 120; before++) {
      const others = Array.from({ length: before }, (_, n) => row(n, '1F90', '0036', '00000001')).join('')
      expect(sendQueueBytes(socket, table(others + row(before, '1F90', '0035', '0000ABCD')))).toBe(0xabcd)
    }
  })

  it('the other end of the connection on the same machine - is not ours', () => {
    expect(sendQueueBytes(socket, table(row(0, '0035', '1F90', '00000007') + row(1, '1F90', '0035', '00000000')))).toBe(0)
  })

  it('a system without such a table - nobody can tell', () => {
    expect(sendQueueBytes(socket, '/nowhere/')).toBeUndefined()
    expect(sendQueueBytes({} as Socket)).toBeUndefined()
  })
})

// Asks whoever listens on a port, in Kafka's own protocol, which cluster it is: the proof that the broker is up, and that it is ours.
// DescribeCluster version 0: https://kafka.apache.org/protocol.html#The_Messages_DescribeCluster
import { connect } from 'node:net'

const describeCluster = 60
const correlation = 7

/**
 * The cluster's id, once a broker takes requests; undefined where nothing, or something that is no Kafka, answers in time.
 * A broker answers this request only when its cluster has it in service.
 */
export function askClusterId(port: number, limitMs: number, host = '127.0.0.1'): Promise<string | undefined> {
  return new Promise((resolve) => {
    const socket = connect(port, host, () => socket.write(request()))
    const limit = setTimeout(() => socket.destroy(), limitMs)
    let received = Buffer.alloc(0)
    let id: string | undefined
    socket.on('data', (bytes) => {
      received = Buffer.concat([received, bytes])
      const size = received.length >= 4 ? received.readInt32BE(0) : Number.POSITIVE_INFINITY
      // The real answer is below 1 KiB.
      if (received.length < 4 + size && received.length < 65_536) return
      id = readClusterId(received.subarray(4))
      socket.destroy()
    })
    socket.on('error', () => {})
    socket.on('close', () => {
      clearTimeout(limit)
      resolve(id)
    })
  })
}

function request(): Buffer {
  // Header 2: key, version, correlation, client id (null), no tagged fields. Body: no authorized operations, no tagged fields.
  const body = Buffer.from([0, describeCluster, 0, 0, 0, 0, 0, correlation, 0xff, 0xff, 0, 0, 0])
  const size = Buffer.alloc(4)
  size.writeInt32BE(body.length)
  return Buffer.concat([size, body])
}

/** Header 1: correlation, tagged fields. Body: throttle time, error, error message, cluster id, … Compact strings begin with length + 1. */
export function readClusterId(answer: Buffer): string | undefined {
  try {
    if (answer.readInt32BE(0) !== correlation || answer.readInt16BE(9) !== 0) return undefined
    const afterMessage = 11 + Math.max(1, answer.readUInt8(11))
    const length = answer.readUInt8(afterMessage) - 1
    return length > 0 ? answer.toString('utf8', afterMessage + 1, afterMessage + 1 + length) : undefined
  } catch {
    return undefined
  }
}

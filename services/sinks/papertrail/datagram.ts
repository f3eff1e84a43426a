// Syslog over UDP: fire and forget, for what cannot do better. A message is a datagram; what gets lost on the way is lost unseen.
import { createSocket } from 'node:dgram'
import type { Settings } from '../../platform/settings.ts'
import type { Connection } from '../runtime/contract.ts'
import { discreet } from '../runtime/outcome.ts'
import { fields } from './fields.ts'

export async function connectDatagram(settings: Settings<typeof fields>): Promise<Connection<Buffer>> {
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

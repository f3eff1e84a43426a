// TLS to the brokers by both Kafka clients, seen from a broker's side: who is asked for, and with which certificates.
import { X509Certificate } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createServer, type TLSSocket } from 'node:tls'
import { describe, expect, onTestFinished, test } from 'vitest'
import { makeCertificates } from '../../services/sandbox/certificate.ts'
import { createLogger } from '../../services/platform/logger.ts'
import { readSettings } from '../../services/platform/settings.ts'
import { connectKafka, type KafkaClient } from '../../services/topics/client.ts'
import { kafkaFields } from '../../services/topics/fields.ts'
import { openProducer } from '../../services/topics/produce.ts'
import { until } from '../support/wait.ts'

type Seen = { fingerprint: string; servername: string | false }

/** Asks each client for its certificate, and hangs up as soon as it has it. */
async function openTlsBroker(first: { cert: string; key: string }) {
  const seen: Seen[] = []
  let refusals = 0
  const server = createServer({ ...first, requestCert: true, rejectUnauthorized: false }, (socket: TLSSocket) => {
    seen.push({ fingerprint: socket.getPeerX509Certificate()?.fingerprint256 ?? '', servername: socket.servername ?? false })
    socket.destroy()
  })
  server.on('tlsClientError', () => refusals++) // a client that trusts another authority
  await new Promise<void>((resolve) => server.listen(0, resolve))
  onTestFinished(() => void server.close())
  return {
    seen,
    refusals: () => refusals,
    port: (server.address() as AddressInfo).port,
    serve: server.setSecureContext.bind(server),
  }
}

function openFiles() {
  const folder = mkdtempSync(join(tmpdir(), 'kafka-tls-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const write = (name: string, text: string) => writeFileSync(join(folder, name), text)
  const paths = {
    KAFKA_CA_FILE: join(folder, 'ca'),
    KAFKA_CERT_FILE: join(folder, 'cert'),
    KAFKA_KEY_FILE: join(folder, 'key'),
  }
  return { write, paths }
}

const fingerprintOf = ({ cert }: { cert: string }) => new X509Certificate(cert).fingerprint256

/** Each call has one client try to connect; it does not wait for the end of that. */
describe.each<[string, (client: KafkaClient) => () => void]>([
  [
    'kafkajs',
    ({ kafka }) =>
      () => {
        const admin = kafka.admin()
        void admin
          .connect()
          .catch(() => {})
          .then(() => admin.disconnect())
      },
  ],
  [
    'the producer',
    (client) => {
      const producer = openProducer(client, 'test')
      onTestFinished(producer.close)
      return () => void producer.send('topic', [{ key: Buffer.from('key'), value: Buffer.from('value') }], 500).catch(() => {})
    },
  ],
])('%s', (_, open) => {
  test('renewed files - count at the next connection; until certificate and key fit together those before do', async () => {
    const [own, renewed] = [makeCertificates(Date.now()), makeCertificates(Date.now())]
    const [authority, nextAuthority] = [makeCertificates(Date.now()), makeCertificates(Date.now())]
    const broker = await openTlsBroker(authority)
    const { write, paths } = openFiles()
    write('ca', authority.ca)
    write('cert', own.cert)
    write('key', own.key)
    const lines: string[] = []
    const log = createLogger('test', 'info', { write: (line) => lines.push(line) })
    const env = { KAFKA_BROKERS: `localhost:${broker.port}`, ...paths }
    const connect = open(connectKafka(readSettings(kafkaFields, env), log))
    /** The next connection, or one after it, has what is wanted; what was under way before counts for nothing. */
    const connected = async (isWanted: (seen: Seen) => boolean) => {
      broker.seen.length = 0
      await until('a connection', connect, () => broker.seen.some(isWanted), { everyMs: 300 })
    }
    await connected(({ fingerprint }) => fingerprint === fingerprintOf(own))
    write('cert', renewed.cert)
    const told = () => lines.filter((line) => line.includes('the previous one stays in use')).length
    await until('a line that says so', connect, () => told() > 0, { everyMs: 300 })
    await connected(() => true)
    expect(new Set(broker.seen.map(({ fingerprint }) => fingerprint)), 'half renewed').toEqual(new Set([fingerprintOf(own)]))
    write('key', renewed.key)
    await connected(({ fingerprint }) => fingerprint === fingerprintOf(renewed))
    broker.serve(nextAuthority)
    await until('a refusal of the new authority', connect, () => broker.refusals() > 0, { everyMs: 300 })
    write('ca', nextAuthority.ca)
    await connected(() => true)
    expect(told()).toBe(1)
  }, 30_000)

  test('the name of the broker - is asked for: what routes by it lets nobody in without', async () => {
    const certificates = makeCertificates(Date.now())
    const broker = await openTlsBroker(certificates)
    const { write, paths } = openFiles()
    write('ca', certificates.ca)
    const { KAFKA_CA_FILE } = paths
    const env = { KAFKA_BROKERS: `localhost:${broker.port}`, KAFKA_CA_FILE }
    const connect = open(connectKafka(readSettings(kafkaFields, env), createLogger('test', 'silent')))
    await until('a connection', connect, () => broker.seen.length > 0, { everyMs: 300 })
    expect(broker.seen[0].servername).toBe('localhost')
  })
})

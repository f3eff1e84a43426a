// A certificate authority for one process: a CA and a server certificate for this machine, X.509 written by hand.
// Node can read certificates but not make them; the alternatives are an openssl binary or a package. Structure: RFC 5280.
import { createHash, generateKeyPairSync, type KeyObject, sign } from 'node:crypto'

export type Certificates = {
  /** PEM of the CA, for the client's list of trusted ones. */
  ca: string
  /** PEM of the server's certificate, for localhost, 127.0.0.1, ::1 and the names asked for. */
  cert: string
  /** PEM of the server's private key. */
  key: string
}

const DAY_MS = 86_400_000
const VALID_DAYS = 3_650

/** Makes both, valid from a day before `now`. The CA's key is forgotten at once. @param names further host names of the server */
export function makeCertificates(now: number, names: readonly string[] = []): Certificates {
  const ca = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const server = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const caName = 'Auth0 log pipeline sandbox CA'
  const caCertificate = certificate({
    serial: 1,
    issuer: caName,
    subject: caName,
    now,
    publicKey: ca.publicKey,
    issuerKeys: ca,
    extensions: [
      extension('2.5.29.19', der(SEQUENCE, TRUE), true), // basicConstraints: a CA
      extension('2.5.29.15', Buffer.from('03020106', 'hex'), true), // keyUsage: keyCertSign, cRLSign
    ],
  })
  const serverCertificate = certificate({
    serial: 2,
    issuer: caName,
    subject: 'localhost',
    now,
    publicKey: server.publicKey,
    issuerKeys: ca,
    extensions: [
      extension('2.5.29.19', der(SEQUENCE), true), // basicConstraints: no CA
      extension('2.5.29.15', Buffer.from('03020780', 'hex'), true), // keyUsage: digitalSignature
      extension('2.5.29.37', der(SEQUENCE, oid('1.3.6.1.5.5.7.3.1'))), // extKeyUsage: serverAuth
      extension('2.5.29.17', alternativeNames(names)), // subjectAltName
    ],
  })
  return {
    ca: pem(caCertificate),
    cert: pem(serverCertificate),
    key: server.privateKey.export({ type: 'pkcs8', format: 'pem' }) as string,
  }
}

const SEQUENCE = 0x30
const SET = 0x31
const TRUE = Buffer.from([0x01, 0x01, 0xff])
const ECDSA_WITH_SHA256 = '1.2.840.10045.4.3.2'

function certificate(options: {
  serial: number
  issuer: string
  subject: string
  now: number
  publicKey: KeyObject
  issuerKeys: { publicKey: KeyObject; privateKey: KeyObject }
  extensions: Buffer[]
}): Buffer {
  const { serial, issuer, subject, now, publicKey, issuerKeys, extensions } = options
  const algorithm = der(SEQUENCE, oid(ECDSA_WITH_SHA256))
  const body = der(
    SEQUENCE,
    der(0xa0, der(0x02, Buffer.from([2]))), // version 3
    der(0x02, Buffer.from([serial])),
    algorithm,
    commonName(issuer),
    der(SEQUENCE, time(now - DAY_MS), time(now + VALID_DAYS * DAY_MS)),
    commonName(subject),
    publicKey.export({ type: 'spki', format: 'der' }),
    der(
      0xa3,
      der(
        SEQUENCE,
        ...extensions,
        extension('2.5.29.14', der(0x04, keyId(publicKey))), // subjectKeyIdentifier
        extension('2.5.29.35', der(SEQUENCE, der(0x80, keyId(issuerKeys.publicKey)))), // authorityKeyIdentifier
      ),
    ),
  )
  const signature = sign('sha256', body, issuerKeys.privateKey)
  return der(SEQUENCE, body, algorithm, der(0x03, Buffer.from([0]), signature))
}

/** One tag-length-value of DER. */
function der(tag: number, ...parts: Buffer[]): Buffer {
  const content = Buffer.concat(parts)
  const bytes = content.length
  const length = bytes < 0x80 ? [bytes] : bytes < 0x100 ? [0x81, bytes] : [0x82, bytes >> 8, bytes & 0xff]
  return Buffer.concat([Buffer.from([tag, ...length]), content])
}

/** An object identifier: the first two numbers in one byte, the others in base 128. */
function oid(text: string): Buffer {
  const [first, second, ...rest] = text.split('.').map(Number)
  const bytes = rest.flatMap((number) => {
    const digits = [number & 0x7f]
    for (let left = Math.floor(number / 128); left > 0; left = Math.floor(left / 128)) digits.unshift((left & 0x7f) | 0x80)
    return digits
  })
  return der(0x06, Buffer.from([first * 40 + second, ...bytes]))
}

function extension(id: string, value: Buffer, critical = false): Buffer {
  return der(SEQUENCE, oid(id), ...(critical ? [TRUE] : []), der(0x04, value))
}

const commonName = (name: string) => der(SEQUENCE, der(SET, der(SEQUENCE, oid('2.5.4.3'), der(0x0c, Buffer.from(name)))))

/** UTCTime: years 1950 to 2049. */
const time = (ms: number) =>
  der(
    0x17,
    Buffer.from(
      `${new Date(ms)
        .toISOString()
        .replace(/\.\d+|[-:T]/g, '')
        .slice(2)}`,
    ),
  )

const keyId = (key: KeyObject) =>
  createHash('sha1')
    .update(key.export({ type: 'spki', format: 'der' }))
    .digest()

function alternativeNames(names: readonly string[]): Buffer {
  const loopback6 = Buffer.alloc(16)
  loopback6[15] = 1
  const dnsNames = ['localhost', ...names].map((name) => der(0x82, Buffer.from(name)))
  return der(SEQUENCE, ...dnsNames, der(0x87, Buffer.from([127, 0, 0, 1])), der(0x87, loopback6))
}

function pem(certificate: Buffer): string {
  const lines = certificate.toString('base64').replace(/.{64}(?!$)/g, '$&\n')
  return `-----BEGIN CERTIFICATE-----\n${lines}\n-----END CERTIFICATE-----\n`
}

// Papertrail's certificates in a folder: a sink that was told to trust the CA still does when the sandbox comes back.
import { X509Certificate } from 'node:crypto'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { isIP } from 'node:net'
import { join } from 'node:path'
import { type Certificates, makeCertificates } from '../../../sandbox/certificate.ts'

/** Makes the folder and what it does not hold yet, or holds for another host. @returns also the path of the CA's file, PEM */
export async function keptCertificates(dir: string, host: string, now: number): Promise<Certificates & { caFile: string }> {
  await mkdir(dir, { recursive: true })
  const caFile = join(dir, 'papertrail-ca.pem')
  const certFile = join(dir, 'papertrail.pem')
  const keyFile = join(dir, 'papertrail-key.pem')
  const [ca, cert, key] = await Promise.all([caFile, certFile, keyFile].map((file) => readFile(file, 'utf8').catch(() => '')))
  if (ca && cert && key && isFor(cert, host)) return { ca, cert, key, caFile }
  const made = makeCertificates(now, isIP(host) ? [] : [host])
  await writeFile(keyFile, made.key, { mode: 0o600 })
  await writeFile(certFile, made.cert)
  await writeFile(caFile, made.ca)
  return { ...made, caFile }
}

function isFor(cert: string, host: string): boolean {
  return isIP(host) !== 0 || new X509Certificate(cert).checkHost(host) !== undefined
}

// The certificate to serve https with: tried out before anything starts, and read anew when its files change, for certificates live
// 90 days and less and nobody restarts a service for them.
import { X509Certificate } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { createSecureContext, type Server } from 'node:tls'
import { errorText, type Problem } from '../platform/errors.ts'
import { sleep } from '../platform/lifecycle.ts'
import type { Logger } from '../platform/logger.ts'

const LOOK_MS = 1_000
const WARN_MS = 24 * 60 * 60 * 1_000
/** Auth0 refuses an expired certificate and gives the stream up after a week of failures. */
const NEAR_END_MS = 7 * WARN_MS

export type TlsPair = { cert: Buffer; key: Buffer }

/** Both or neither; what is wrong with them is added to `problems`, which holds already whose file cannot be read. */
export function tlsPair(
  { tlsCert: cert, tlsKey: key }: { tlsCert?: Buffer; tlsKey?: Buffer },
  problems: Problem[],
): TlsPair | undefined {
  if (!cert && !key) return undefined
  if (cert && key) {
    const problem = problemOf({ cert, key })
    if (problem === undefined) return { cert, key }
    problems.push({ setting: 'INGEST_TLS_CERT_FILE', problem })
    return undefined
  }
  const setting = cert ? 'INGEST_TLS_KEY_FILE' : 'INGEST_TLS_CERT_FILE'
  if (!problems.some((known) => known.setting === setting)) {
    problems.push({ setting, problem: 'is missing: certificate and key go together' })
  }
  return undefined
}

/** Serves a renewed pair from the next handshake on, as soon as both files fit together. Runs until the signal is aborted. */
export async function followTlsFiles(options: {
  server: Pick<Server, 'setSecureContext'>
  served: TlsPair
  certFile: string
  keyFile: string
  log: Logger
  signal: AbortSignal
}): Promise<void> {
  const { server, certFile, keyFile, log, signal } = options
  let { served } = options
  let told = ''
  let warnAt = 0
  for (; !signal.aborted; await sleep(LOOK_MS, signal)) {
    if (performance.now() >= warnAt) {
      warnAt = performance.now() + WARN_MS
      warnOfEnd(served, log)
    }
    try {
      const [cert, key] = await Promise.all([readFile(certFile), readFile(keyFile)])
      if (cert.equals(served.cert) && key.equals(served.key)) {
        told = ''
        continue
      }
      const problem = problemOf({ cert, key })
      if (problem !== undefined) throw new Error(`INGEST_TLS_CERT_FILE ${problem}`)
      server.setSecureContext({ cert, key })
      served = { cert, key }
      told = ''
      warnAt = 0
      log.info({ valid_to: new X509Certificate(cert).validTo }, 'the renewed certificate is served from now on')
    } catch (error) {
      const text = errorText(error)
      if (text !== told) log.warn({ error: text }, 'the changed certificate cannot be served: the one before stays in use')
      told = text
    }
  }
}

function warnOfEnd({ cert }: TlsPair, log: Logger): void {
  const validTo = new X509Certificate(cert).validToDate
  if (validTo.getTime() - Date.now() < NEAR_END_MS)
    log.warn({ valid_to: validTo.toISOString() }, 'the certificate ends soon: renew its files, they are read anew by themselves')
}

function problemOf({ cert, key }: TlsPair): string | undefined {
  try {
    createSecureContext({ cert, key })
    return undefined
  } catch (error) {
    return `is no PEM certificate, or INGEST_TLS_KEY_FILE is not its key (${errorText(error)})`
  }
}

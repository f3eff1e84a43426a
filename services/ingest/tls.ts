// The certificate to serve https with: tried out before anything starts, and served anew when its files change.
import { X509Certificate } from 'node:crypto'
import type { Server } from 'node:tls'
import { errorText, type Problem } from '../platform/errors.ts'
import { readTlsFiles, type TlsFiles, type TlsPaths } from '../platform/files.ts'
import { sleep } from '../platform/lifecycle.ts'
import type { Logger } from '../platform/logger.ts'

const LOOK_MS = 1_000
const WARN_MS = 24 * 60 * 60 * 1_000
/** Auth0 refuses an expired certificate and gives the stream up after a week of failures. */
const NEAR_END_MS = 7 * WARN_MS

/** Both or neither; what is wrong with them is added to `problems`, which holds already whose file cannot be read. */
export function tlsPaths(
  { tlsCert: cert, tlsKey: key }: { tlsCert: string; tlsKey: string },
  problems: Problem[],
): TlsPaths | undefined {
  const unread = problems.some(({ setting }) => setting.startsWith('INGEST_TLS_'))
  if (unread || (!cert && !key)) return undefined
  if (!cert || !key) {
    const setting = cert ? 'INGEST_TLS_KEY_FILE' : 'INGEST_TLS_CERT_FILE'
    problems.push({ setting, problem: 'is missing: certificate and key go together' })
    return undefined
  }
  try {
    readTlsFiles({ cert, key })
    return { cert, key }
  } catch (error) {
    const problem = `is no PEM certificate, or INGEST_TLS_KEY_FILE is not its key (${errorText(error)})`
    problems.push({ setting: 'INGEST_TLS_CERT_FILE', problem })
    return undefined
  }
}

/**
 * Serves a renewed pair from the next handshake on, as soon as both files fit together. Runs until the signal is aborted.
 * @param files answers what is to be served now @param served what the server began with
 */
export async function serveRenewed(options: {
  server: Pick<Server, 'setSecureContext'>
  served: TlsFiles
  files: () => TlsFiles
  log: Logger
  signal: AbortSignal
}): Promise<void> {
  const { server, files, log, signal } = options
  let { served } = options
  let warnAt = 0
  for (; !signal.aborted; await sleep(LOOK_MS, signal)) {
    const now = files()
    if (now !== served) {
      server.setSecureContext(now)
      served = now
      warnAt = 0
    }
    if (performance.now() >= warnAt) {
      warnAt = performance.now() + WARN_MS
      warnOfEnd(served, log)
    }
  }
}

function warnOfEnd({ cert }: TlsFiles, log: Logger): void {
  const validTo = cert && new X509Certificate(cert).validToDate
  if (validTo && validTo.getTime() - Date.now() < NEAR_END_MS)
    log.warn(
      { valid_to: validTo.toISOString() },
      'the certificate expires soon: renew its files, they are reloaded automatically',
    )
}

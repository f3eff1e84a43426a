// The certificate to serve https with, tried out before anything starts.
import { createSecureContext } from 'node:tls'
import { errorText, type Problem } from '../platform/errors.ts'

/** Both or neither; what is wrong with them is added to `problems`, which holds already whose file cannot be read. */
export function tlsPair(
  { tlsCert: cert, tlsKey: key }: { tlsCert?: Buffer; tlsKey?: Buffer },
  problems: Problem[],
): { cert: Buffer; key: Buffer } | undefined {
  if (!cert && !key) return undefined
  if (cert && key) {
    try {
      createSecureContext({ cert, key })
      return { cert, key }
    } catch (error) {
      const problem = `is no PEM certificate, or INGEST_TLS_KEY_FILE is not its key (${errorText(error)})`
      problems.push({ setting: 'INGEST_TLS_CERT_FILE', problem })
      return undefined
    }
  }
  const setting = cert ? 'INGEST_TLS_KEY_FILE' : 'INGEST_TLS_CERT_FILE'
  if (!problems.some((known) => known.setting === setting)) {
    problems.push({ setting, problem: 'is missing: certificate and key go together' })
  }
  return undefined
}

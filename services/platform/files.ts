// Files that settings name. What is in them is read when it is used: certificates live 90 days and less, and nobody restarts a service
// for them.
import { X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { createSecureContext } from 'node:tls'
import { errorText } from './errors.ts'
import type { Logger } from './logger.ts'

/** The path of a file that can be read now, so that a wrong one is told at the start. */
export function readableFile(path: string): { value: string } | { problem: string } {
  try {
    readFileSync(path)
    return { value: path }
  } catch (error) {
    return { problem: `names a file that cannot be read (${(error as NodeJS.ErrnoException).code})` }
  }
}

/** Of PEM files; empty where a setting names none. */
export type TlsPaths = { ca?: string; cert?: string; key?: string }

/** What is in them. */
export type TlsFiles = { ca?: Buffer; cert?: Buffer; key?: Buffer }

/** @throws where a file cannot be read or holds no PEM, or the key is not the certificate's, as in the middle of a renewal */
export function readTlsFiles(paths: TlsPaths): TlsFiles {
  const [ca, cert, key] = [paths.ca, paths.cert, paths.key].map((path) => (path ? readFileSync(path) : undefined))
  createSecureContext({ cert, key })
  if (ca) void new X509Certificate(ca) // a secure context leaves out in silence what it cannot read of it
  return { ca, cert, key }
}

/**
 * Reads the files at each call of the answered function, which answers the same object while they hold the same. Changed files that cannot
 * be used are told once, and those before stay in use. @throws as readTlsFiles, where there are none before
 */
export function followTlsFiles(paths: TlsPaths, log: Logger): () => TlsFiles {
  let used: TlsFiles | undefined
  let told = ''
  return () => {
    try {
      const now = readTlsFiles(paths)
      if (used && !isSame(used, now)) log.info({ files: paths }, 'reloaded the changed TLS files')
      if (!used || !isSame(used, now)) used = now
      told = ''
    } catch (error) {
      if (!used) throw error
      const text = errorText(error)
      if (text !== told)
        log.warn({ error: text, files: paths }, 'a changed TLS file cannot be used: the previous one stays in use')
      told = text
    }
    return used
  }
}

const isSame = (a: TlsFiles, b: TlsFiles): boolean =>
  (['ca', 'cert', 'key'] as const).every((name) => (b[name] ? a[name]?.equals(b[name]) : a[name] === undefined))

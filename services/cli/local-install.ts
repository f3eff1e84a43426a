// The `npm start` of this folder: it tells where it is in its lock file, .data/npm-start.lock, and keeps its secrets beside it.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'

/** `ingest`: the origin that events are posted to. What is not known is absent. */
export type LocalInstall = { brokers?: string; ingest?: string; token?: string }

/** Empty where none runs, or it does not know yet. @param root the project's folder */
export function localInstall(root: string): LocalInstall {
  const file = (name: string) => {
    try {
      return readFileSync(join(root, '.data', name), 'utf8').trim()
    } catch {
      return '' // none has run here: KAFKA_BROKERS and the rest are asked for then
    }
  }
  const { brokers, addresses } = aboutOf(file('npm-start.lock'))
  if (typeof brokers !== 'string' || brokers === '') return {}
  const ingest = (addresses as { ingest?: unknown } | undefined)?.ingest
  const token = file('ingest-token')
  return { brokers, ...(typeof ingest === 'string' ? { ingest } : {}), ...(token === '' ? {} : { token }) }
}

function aboutOf(lock: string): { brokers?: unknown; addresses?: unknown } {
  try {
    const read = JSON.parse(lock) as { about?: object } | null
    return read?.about ?? {}
  } catch {
    return {} // just being written
  }
}

// Where the broker of an `npm start` on this machine is: it tells so in its lock file, .data/npm-start.lock.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'

/** KAFKA_BROKERS of the `npm start` of this folder; undefined where none has run. @param root the project's folder */
export function localBrokers(root: string): string | undefined {
  try {
    const { about } = JSON.parse(readFileSync(join(root, '.data', 'npm-start.lock'), 'utf8')) as { about?: { brokers?: unknown } }
    return typeof about?.brokers === 'string' ? about.brokers : undefined
  } catch {
    return undefined // no lock, or one that is just being written: KAFKA_BROKERS is asked for then
  }
}

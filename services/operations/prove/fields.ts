// Settings of whoever makes proofs.
import type { KeyObject } from 'node:crypto'
import { parsed, text } from '../../platform/settings.ts'
import { readKey } from './sign.ts'

const HOW = 'openssl genpkey -algorithm ed25519 makes one'

export const proveFields = {
  proveKey: parsed<KeyObject | undefined>(
    'PROVE_KEY',
    `Ed25519 key that signs certificates, PEM or base64 of its DER: ${HOW}; without it they are not signed`,
    (value) => {
      try {
        return { value: readKey(value) }
      } catch (error) {
        return { problem: (error as Error).message }
      }
    },
    { secret: true },
  ),
}

const AT = /^([01]?\d|2[0-3])(?::([0-5]\d))?$/

/** What is wrong with a PROVE_AT; undefined where nothing is. */
export const proveAtProblem = (value: string): string | undefined =>
  AT.test(value) ? undefined : 'must be an hour or a time such as 3 or 03:30'

export const proveAtField = text(
  'PROVE_AT',
  'Time at which the day before is proved, in the time zone SCHEDULE_TZ, such as 3 or 03:30; off unless set. Needs BACKFILL',
  { live: true, check: proveAtProblem },
)

/** PROVE_AT as a clock shows it, `03:00`; undefined where nothing is proved by itself. */
export function clockOf(proveAt: string): string | undefined {
  const [, hour, minute = '00'] = AT.exec(proveAt) ?? []
  return hour === undefined ? undefined : `${hour.padStart(2, '0')}:${minute}`
}

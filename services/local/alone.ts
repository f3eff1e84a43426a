// One `npm start` at a time in a data folder: a second one is told about the first; one after a crash waits until its remains are gone.
import { join } from 'node:path'
import { sleep } from '../platform/lifecycle.ts'
import { type Holder, type Lock, takeLock } from './lock.ts'
import { isAlive, type ProcessId } from './processes.ts'

/** What the lock tells a second `npm start`. */
export type About = { watchdog?: ProcessId; brokers?: string; addresses?: Record<string, string> }

/** The watchdog of a crashed run gives its services 10 s. */
const remainsLimitMs = 15_000

/** @throws when another one runs, saying who, since when and where. */
export async function startAlone(
  dataDir: string,
  say: (message: string) => void,
  signal: AbortSignal,
): Promise<Extract<Lock, { taken: true }>> {
  const lock = takeLock(join(dataDir, 'npm-start.lock'))
  if (!lock.taken) throw new Error(describe(lock.by))
  const { watchdog } = (lock.after?.about ?? {}) as About
  if (lock.after && watchdog && isAlive(watchdog)) {
    say(`the last run (process ${lock.after.holder.pid}) was killed: waiting for its services to end`)
    for (const deadline = Date.now() + remainsLimitMs; isAlive(watchdog) && Date.now() < deadline; ) await sleep(100, signal)
  }
  return lock
}

function describe({ holder, since, about }: Holder): string {
  const addresses = Object.entries((about as About).addresses ?? {}).map(([name, address]) => `  ${name} ${address}`)
  return [
    `npm start runs here already: process ${holder.pid}, since ${since}`,
    ...addresses,
    `Stop that one first, with Ctrl-C in its terminal or with: kill ${holder.pid}`,
  ].join('\n')
}

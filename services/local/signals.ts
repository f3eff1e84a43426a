// What a signal means here: one Ctrl-C may arrive twice, from the terminal and again from npm, which passes it on to its child
// (@npmcli/run-script, signal-manager.js); only a later one asks to end at once.
import type { Process } from '../platform/lifecycle.ts'

const oneKeyPressMs = 500

/** The process with signals that follow each other within half a second taken as one. */
export function calmSignals(own: Process, now = () => performance.now()): Process {
  let last = Number.NEGATIVE_INFINITY
  const on = (event: string, listener: (...facts: unknown[]) => void) =>
    (own.on as (event: string, listener: (...facts: unknown[]) => void) => unknown)(event, (...facts) => {
      if (event.startsWith('SIG')) {
        const again = now() - last < oneKeyPressMs
        last = now()
        if (again) return
      }
      listener(...facts)
    })
  return Object.create(own, { on: { value: on } }) as Process
}

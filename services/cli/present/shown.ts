// How and to whom a result is shown.
import type { Style } from '../terminal.ts'

/** @param now milliseconds since the epoch @param given the verb's input as it was typed */
export type Shown = { style: Style; now: number; given: Readonly<Record<string, unknown>> }

// What came of logs at sinks, by small numbers: a table of a million logs keeps one byte a log and sink.
import { type Outcome, OUTCOMES } from '../../topics/proof-records.ts'

const MOST_CODES = 255
const OTHER = 'other'

export type Ending = { outcome: Outcome; detail: string }

export class Endings {
  #endings: Ending[] = []
  #codes = new Map<string, number>()

  /** From 1 on; 0 is nothing known. More reasons than a byte has numbers for are `other`. */
  codeOf({ outcome, detail }: Ending): number {
    const key = `${outcome} ${detail}`
    const known = this.#codes.get(key)
    if (known !== undefined) return known
    if (this.#endings.length >= MOST_CODES - OUTCOMES.length && detail !== OTHER) return this.codeOf({ outcome, detail: OTHER })
    this.#endings.push({ outcome, detail })
    this.#codes.set(key, this.#endings.length)
    return this.#endings.length
  }

  of = (code: number): Ending | undefined => this.#endings[code - 1]

  /** The better of what is known of a log and what came of another copy of it: OUTCOMES has the best first. */
  better(code: number, found: Ending): number {
    const known = this.of(code)
    if (known && rank(known.outcome) <= rank(found.outcome)) return code
    return this.codeOf(found)
  }
}

const rank = (outcome: Outcome): number => OUTCOMES.indexOf(outcome)

// The assignment that a member follows: what of it is read, and from where on.
import type { Assignment } from './consumer.ts'
import type { Generation } from './kafkajs.ts'

export class Current implements Assignment {
  readonly partitions: number[]
  /** Commits are made as the member of this generation. */
  readonly generation: Generation | null
  readonly over = new AbortController()
  readonly signal = this.over.signal
  /** Where its partitions begin is known, and they are read. */
  ready = false
  leftOut: number[] = []
  /** What was under way when it ended has been brought home, or given up. */
  broughtHome = false
  /** The next offset to read of each partition that is read. */
  readonly next = new Map<number, number>()

  constructor(partitions: number[], generation: Generation | null) {
    this.partitions = partitions
    this.generation = generation
  }

  /** Everything before this offset has been read. */
  reached(partition: number, offset: number): void {
    this.next.set(partition, Math.max(offset, this.next.get(partition) ?? 0))
  }
}

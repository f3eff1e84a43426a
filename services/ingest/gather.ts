// One send in flight; what arrives meanwhile is the next send: many small bodies become few large produce requests. A lone body goes at
// once; only where bodies come side by side does the next send keep its distance.
import { sleep } from '../platform/lifecycle.ts'
import { type OutRecord, Refused } from '../topics/produce.ts'

export type Gather = {
  /** Resolves when all these records are acknowledged; answers those that Kafka refused for good. @throws KafkaAway */
  add: (records: OutRecord[]) => Promise<OutRecord[]>
}

/** Sends that carry several bodies begin at least so far apart, milliseconds. */
const APART_MS = 5

type Waiting = { records: OutRecord[]; resolve: (refused: OutRecord[]) => void; reject: (error: Error) => void }

/** @param send as TopicProducer.send: resolves after the acknowledgement of all, throws Refused or KafkaAway */
export function createGather(send: (records: OutRecord[]) => Promise<void>): Gather {
  let waiting: Waiting[] = []
  let sending = false

  async function run(): Promise<void> {
    while (waiting.length > 0) {
      const taken = waiting
      waiting = []
      const began = performance.now()
      try {
        await send(taken.length === 1 ? taken[0].records : taken.flatMap(({ records }) => records))
        for (const { resolve } of taken) resolve([])
      } catch (error) {
        if (!(error instanceof Refused)) {
          // Kafka did not answer in time. The requests behind this one would time out too: they are refused at once, and Auth0 sends them again.
          for (const { reject } of [...taken, ...waiting.splice(0)]) reject(error as Error)
        } else {
          const refused = new Set(error.records)
          for (const { records, resolve } of taken) resolve(records.filter((record) => refused.has(record)))
        }
      }
      const early = began + APART_MS - performance.now()
      if (taken.length > 1 && early > 0) await sleep(early)
    }
    sending = false
  }

  return {
    add: (records) =>
      new Promise((resolve, reject) => {
        waiting.push({ records, resolve, reject })
        if (sending) return
        sending = true
        setImmediate(() => void run()) // bodies that this turn of the event loop has read go together
      }),
  }
}

// The ids that the topic holds, for reconcile: one forward scan beside the webhook, kept only as far as the checkpoint has not passed.
// A million ids take about 24 MB: eight bytes of hash each, in tables that are at most seven tenths full.
import { CLOCKS_MS, timeOfLogId } from '../../events/log-id.ts'
import { sleep } from '../../platform/lifecycle.ts'
import type { KafkaClient } from '../../topics/client.ts'
import { consume } from '../../topics/consume.ts'
import { logRanges, offsetsAt } from '../../topics/groups.ts'
import { groupNames, topicNames } from '../../topics/names.ts'

const LOOK_MS = 20
/** While old pages are read the ends of the partitions are asked for so often. */
const KNOWN_MS = 10_000
/**
 * Nothing came for so long although records seem to be left, and Kafka answers: these offsets have no record (transaction markers).
 * Longer than a fetch that hangs: it would have failed by then.
 */
const QUIET_MS = 20_000
const LOOKED_MS = 2_000
/** Kafka has been silent for so long: the wait ends by an error. */
const SILENT_MS = 60_000
/** So many ids in memory at most, except for those that are needed now. */
const MOST_IDS = 8_000_000
/** Ids are forgotten in slices of the time at which Auth0 stored them. */
const SLICE_MS = 10 * 60_000

export type TopicIds = {
  /**
   * Waits until everything that the topic holds now is known; where that is too much for the memory, at least what was received up to
   * this time. @throws when Kafka gives nothing for 60 s, or the signal is aborted
   */
  until: (receivedMs: number, signal: AbortSignal) => Promise<void>
  has: (id: Buffer) => boolean
  /** Forgets ids stored before this time; those that tell no time stay. */
  forget: (storedMs: number) => void
  held: () => number
  close: () => Promise<void>
}

/**
 * Scans from the records received at `fromMs` on. Where the memory is full, a partition that is further than needed is left out until it is
 * needed: it keeps no other partition waiting.
 */
export async function openTopicIds(client: KafkaClient, fromMs: number, mostIds = MOST_IDS): Promise<TopicIds> {
  const topic = topicNames.events(client.settings.prefix)
  const begin = await offsetsAt(client, topic, fromMs - CLOCKS_MS)
  const ids = createSlices()
  const next = new Map(begin)
  /** Partitions that wait, each with the time of the record that it waits at. */
  const waiting = new Map<number, number>()
  let neededMs = fromMs
  let crashed: Error | undefined
  let lastCame = performance.now()

  const consumer = await consume(client, {
    group: groupNames.throwAway(client.settings.prefix, 'reconcile'),
    topic,
    handlers: {
      async assigned({ partitions }) {
        waiting.clear()
        return new Map([...next].filter(([partition]) => partitions.includes(partition)))
      },
      async records(partition, messages) {
        lastCame = performance.now()
        const from = next.get(partition) ?? 0
        const time = Number(messages[0]?.timestamp)
        if (ids.held() >= mostIds && time > neededMs) {
          waiting.set(partition, time)
          consumer.leaveOut(partition)
          return 0
        }
        for (const { key, offset } of messages) {
          if (Number(offset) < from) continue
          next.set(partition, Number(offset) + 1)
          if (key) ids.add(key)
        }
        return messages.length
      },
      rebalancing: async () => {},
      crashed: (error) => {
        crashed = error
      },
    },
  })

  function goOn(): void {
    const wanted = [...waiting].filter(([, time]) => time <= neededMs || ids.held() < mostIds)
    if (wanted.length === 0) return
    for (const [partition] of wanted) waiting.delete(partition)
    consumer.seek(new Map(wanted.map(([partition]) => [partition, next.get(partition) ?? 0])))
  }

  /** Everything that was received up to `ms` is known, as far as the topic held it at `at` (monotonic). */
  let known = { ms: 0, at: Number.NEGATIVE_INFINITY }

  async function until(receivedMs: number, signal: AbortSignal): Promise<void> {
    if (receivedMs <= known.ms && performance.now() - known.at < KNOWN_MS) return
    neededMs = Math.max(neededMs, receivedMs)
    const asked = { ms: Date.now() - CLOCKS_MS, at: performance.now() }
    const ranges = await logRanges(client, topic)
    const isUnknown = ({ partition, end }: { partition: number; end: number }) =>
      (next.get(partition) ?? 0) < end && (waiting.get(partition) ?? 0) <= receivedMs
    for (lastCame = performance.now(); ; await sleep(LOOK_MS, signal)) {
      signal.throwIfAborted()
      if (crashed) throw crashed
      goOn()
      const unknown = ranges.filter(isUnknown)
      if (unknown.length === 0) break
      const quietMs = performance.now() - lastCame
      if (quietMs > QUIET_MS && consumer.silentForMs() < LOOKED_MS) {
        client.log.warn(
          { partitions: unknown.map(({ partition }) => partition) },
          'offsets of the topic have no records; they are passed over',
        )
        for (const { partition, end } of unknown) next.set(partition, end)
      }
      if (quietMs > SILENT_MS)
        throw new Error(`Kafka gave nothing of ${topic} for ${SILENT_MS / 1000} s: what the stream delivered is not known`)
    }
    if (waiting.size === 0) known = asked
  }
  return {
    until,
    has: ids.has,
    forget(storedMs) {
      ids.forget(storedMs)
      goOn()
    },
    held: ids.held,
    close: consumer.close,
  }
}

/** Ids by the time at which Auth0 stored them. */
function createSlices() {
  const slices = new Map<number, IdTable>()
  let held = 0
  const NO_TIME = -1
  const sliceOf = (id: Buffer) => {
    const time = timeOfLogId(id.toString('latin1'))
    return time === undefined ? NO_TIME : Math.floor(time / SLICE_MS)
  }
  return {
    add(id: Buffer): void {
      const at = sliceOf(id)
      let slice = slices.get(at)
      if (!slice) slices.set(at, (slice = new IdTable()))
      if (slice.add(id)) held++
    },
    has: (id: Buffer) => slices.get(sliceOf(id))?.has(id) ?? false,
    forget(storedMs: number): void {
      const oldest = Math.floor(storedMs / SLICE_MS)
      for (const [at, slice] of slices) {
        if (at === NO_TIME || at >= oldest) continue
        held -= slice.size
        slices.delete(at)
      }
    },
    held: () => held,
  }
}

/**
 * A set of ids as 64-bit hashes, in open addressing. A log that is missing counts as delivered where one of ten million ids happens to have
 * its hash: once in two million million missing logs.
 */
export class IdTable {
  size = 0
  #slots = new Uint32Array(2 * 64)

  add(id: Buffer): boolean {
    if (this.size * 10 >= (this.#slots.length / 2) * 7) this.#grow()
    hash(id)
    if (!put(this.#slots, hashed.high, hashed.low)) return false
    this.size++
    return true
  }

  has(id: Buffer): boolean {
    hash(id)
    const at = slotOf(this.#slots, hashed.high, hashed.low)
    return this.#slots[at] !== 0 || this.#slots[at + 1] !== 0
  }

  #grow(): void {
    const old = this.#slots
    this.#slots = new Uint32Array(old.length * 2)
    for (let i = 0; i < old.length; i += 2) if (old[i] !== 0 || old[i + 1] !== 0) put(this.#slots, old[i], old[i + 1])
  }
}

/** Where the hash is, or the empty slot where it would be. */
function slotOf(slots: Uint32Array, high: number, low: number): number {
  const last = slots.length / 2 - 1
  for (let i = low & last; ; i = (i + 1) & last) {
    const at = i * 2
    if ((slots[at] === high && slots[at + 1] === low) || (slots[at] === 0 && slots[at + 1] === 0)) return at
  }
}

function put(slots: Uint32Array, high: number, low: number): boolean {
  const at = slotOf(slots, high, low)
  if (slots[at] !== 0 || slots[at + 1] !== 0) return false
  slots[at] = high
  slots[at + 1] = low
  return true
}

const hashed = { high: 0, low: 0 }

/** Into `hashed`: no object an id. Two multiplications a byte, each half stirred into the other at the end (as cyrb53). */
function hash(id: Buffer): void {
  let a = 0xdeadbeef ^ id.length
  let b = 0x41c6ce57 ^ id.length
  for (let i = 0; i < id.length; i++) {
    a = Math.imul(a ^ id[i], 0x9e3779b1)
    a ^= a >>> 15
    b = Math.imul(b ^ id[i], 0x5f356495)
    b ^= b >>> 13
  }
  a = Math.imul(a ^ (a >>> 16), 0x85ebca6b) ^ Math.imul(b ^ (b >>> 13), 0xc2b2ae35)
  b = Math.imul(b ^ (b >>> 16), 0x85ebca6b) ^ Math.imul(a ^ (a >>> 13), 0xc2b2ae35)
  hashed.high = a >>> 0
  // 0, 0 is an empty slot.
  hashed.low = b >>> 0 || 1
}

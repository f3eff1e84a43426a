// The vendor at the other end: a stand-in of the sandbox that counts different log_ids and knows when the first and the last came.
import type { Lifecycle } from '../../services/platform/lifecycle.ts'
import { nowUs, percentile, postedAtUs } from './events.ts'
import { findSink } from '../support/sinks.ts'

export type ReceiverOptions = {
  sink: string
  /** Where latency is measured: milliseconds at the beginning that are left out of it. Reading when each event was posted costs a little. */
  latencyAfterMs?: number
}

/** What `npm start` calls a stand-in: what fills $ORIGIN, $HOST, $PORT and $CA_FILE of a sink's settings. */
export type Address = Record<string, string | number>

export type Arrived = {
  total: number
  unique: number
  requests: number
  /** What else the stand-in counted: refused, discarded, malformed. */
  counts: Record<string, number>
  /** When the first event was here, and the last one that was not here before; nowUs(), 0 before there is one. */
  firstUs: number
  lastUs: number
}

/** From the post of a body to the arrival of each of its events, milliseconds; in the last line only. */
export type Latency = { p50Ms: number; p99Ms: number; maxMs: number }

/** A line of the receiver's output. */
export type ReceiverLine = { address?: Address; arrived?: Arrived; latency?: Latency }

/** How exactly the first and the last arrival are known. */
const LOOK_MS = 5
const TELL_MS = 100

/** Tells its address, then what arrived as often as something did, and the latencies at its end. */
export async function receive(options: ReceiverOptions, lifecycle: Lifecycle, tell: (line: ReceiverLine) => void): Promise<void> {
  const latenciesMs: number[] = []
  const { latencyAfterMs } = options
  let measuredFromUs = 0
  function measure({ id }: { id: string }): void {
    const postedUs = postedAtUs(id)
    measuredFromUs ||= postedUs + latencyAfterMs! * 1_000
    if (postedUs >= measuredFromUs) latenciesMs.push((nowUs() - postedUs) / 1_000)
  }
  const { start } = await findSink(options.sink)
  const standIn = await start({
    fast: true,
    countIds: true,
    ...(latencyAfterMs !== undefined ? { onEvent: measure } : {}),
  })
  lifecycle.onClose('the stand-in', standIn.close)
  const { received } = standIn
  const arrived: Arrived = { total: 0, unique: 0, requests: 0, counts: {}, firstUs: 0, lastUs: 0 }
  let told = 0

  function look(): void {
    const { total, unique = 0 } = received
    if (total > 0 && arrived.firstUs === 0) arrived.firstUs = nowUs()
    if (unique > arrived.unique) arrived.lastUs = nowUs()
    Object.assign(arrived, { total, unique })
  }
  function tellArrived(): void {
    look()
    Object.assign(arrived, { requests: received.requests, counts: received.counts })
    tell({ arrived })
    told = arrived.total
  }
  const looking = setInterval(look, LOOK_MS)
  const telling = setInterval(() => {
    if (received.total !== told) tellArrived()
  }, TELL_MS)
  lifecycle.onClose('what arrived', () => {
    clearInterval(looking)
    clearInterval(telling)
    tellArrived()
    latenciesMs.sort((a, b) => a - b)
    const latency = {
      p50Ms: percentile(latenciesMs, 0.5),
      p99Ms: percentile(latenciesMs, 0.99),
      maxMs: percentile(latenciesMs, 1),
    }
    if (latencyAfterMs !== undefined) tell({ latency })
  })
  const { origin, host, port, facts } = standIn
  tell({ address: { origin, host, port, ...facts } })
}

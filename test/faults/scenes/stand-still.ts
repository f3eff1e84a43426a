// A Papertrail sink stands still longer than its settling time while the other side drops the connection with events that it never
// read: they are sent again.
import { expect } from 'vitest'
import type { Deployment } from '../../support/deployment.ts'
import type { Service } from '../../support/processes.ts'
import { pause, until } from '../../support/wait.ts'

const STANDS_STILL_MS = 6_000
const EVENTS = 20

/** @param afterMs from the first bytes at Papertrail to the standstill; less than the 5 s that a delivery settles */
export async function standStill(
  { vendors: { papertrail, arrived }, post, missing, answered }: Deployment,
  sink: Service,
  afterMs: number,
): Promise<void> {
  const before = arrived('papertrail').size
  const faults = () => papertrail.received.counts.faults ?? 0
  const hung = faults()
  papertrail.misbehave('hang')
  await post({ count: EVENTS })
  await until('events that wait unread', faults, (count) => count > hung)
  // The sink has written all of it and waits for it to settle.
  await pause(afterMs)
  sink.freeze()
  papertrail.misbehave('reset', 1)
  await pause(STANDS_STILL_MS)
  expect(arrived('papertrail').size).toBe(before)
  sink.thaw()
  await until(
    'the events again',
    () => missing('papertrail').length,
    (count) => count === 0,
    { limitMs: 40_000 },
  )
  expect(arrived('papertrail').size).toBe(answered.size)
}

// How long to wait before a service that died is started again: 0.5 s, doubling to 30 s; a minute of life makes it 0.5 s again.

export const firstDelayMs = 500
const mostDelayMs = 30_000
const healthyAfterMs = 60_000

/** @param previous the wait before it was started this time; undefined at the first start */
export function nextDelay(previous: number | undefined, livedMs: number): number {
  if (previous === undefined || livedMs >= healthyAfterMs) return firstDelayMs
  return Math.min(previous * 2, mostDelayMs)
}

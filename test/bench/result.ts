// What one measurement came to, and the medians of several.

export type Result = Measurement & { work: string; ratio?: number }

export type Measurement = {
  events: number
  seconds: number
  eventsPerSecond: number
  /** CPU-seconds of the processes measured, per 100,000 events. */
  cpuSecondsPer100k: number
  /** Of all processes measured together. */
  peakRssMiB: number
  /** What it is compared with: the events/s of Kafka's own tool in the same run. */
  ratioTo?: 'produce' | 'consume'
  /** Milliseconds: of a request, or from the webhook's post to the vendor. */
  p50Ms?: number
  p99Ms?: number
  maxMs?: number
  /** What was lost, repeated, refused or said as a warning; empty where all is well. */
  problems: string[]
}

/** Figures from a count and a span of time. @param cpuSeconds of all processes measured */
export function figures(events: number, fromUs: number, toUs: number, cpuSeconds: number, peakRssMiB: number) {
  const seconds = (toUs - fromUs) / 1e6
  return { events, seconds, eventsPerSecond: events / seconds, cpuSecondsPer100k: (cpuSeconds / events) * 1e5, peakRssMiB }
}

/** One result a work, each figure the median of its repeats; problems of all of them. */
export function medians(results: readonly Result[]): Result[] {
  return [...Map.groupBy(results, ({ work }) => work).values()].map((repeats) => {
    const median = { ...repeats[0], problems: repeats.flatMap(({ problems }) => problems) }
    for (const key of [
      'seconds',
      'eventsPerSecond',
      'cpuSecondsPer100k',
      'peakRssMiB',
      'ratio',
      'p50Ms',
      'p99Ms',
      'maxMs',
    ] as const) {
      const values = repeats.map((result) => result[key]).filter((value) => value !== undefined)
      if (values.length > 0) median[key] = middle(values)
    }
    return median
  })
}

function middle(values: number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  const half = sorted.length >> 1
  return sorted.length % 2 === 1 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2
}

// Metrics in the OpenMetrics text format, one registry a process. Never log_id, user or type as a label.
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client'

const name = (suffix: string) => `auth0_logs_${suffix}`

export type Metrics = ReturnType<typeof createMetrics>

/** All metrics of the project by name; a service registers those it uses by using them. */
export function createMetrics(service: string, version: string) {
  const registry = new Registry()
  collectDefaultMetrics({ register: registry })
  const registers = [registry]
  new Gauge({ name: name('build_info'), help: 'Version of the service', labelNames: ['service', 'version'], registers })
    .labels(service, version)
    .set(1)
  return {
    registry,
    counter: <L extends string>(suffix: string, help: string, labelNames: readonly L[] = []) =>
      new Counter({ name: name(suffix), help, labelNames, registers }),
    /** @param collect called at each scrape */
    gauge: <L extends string>(suffix: string, help: string, labelNames: readonly L[] = [], collect?: (this: Gauge<L>) => void) =>
      new Gauge({ name: name(suffix), help, labelNames, registers, ...(collect ? { collect } : {}) }),
    histogram: <L extends string>(suffix: string, help: string, buckets: number[], labelNames: readonly L[] = []) =>
      new Histogram({ name: name(suffix), help, buckets, labelNames, registers }),
  }
}

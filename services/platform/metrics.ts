// Metrics: one row says what a metric is, and registering it, the page of metrics and the tests of alerts all come from that row.
import { Counter, collectDefaultMetrics, Gauge, Histogram, type OpenMetricsContentType, Registry } from 'prom-client'

/** In front of every name. */
export const METRIC_PREFIX = 'auth0_logs_'

type Type = 'counter' | 'gauge' | 'histogram'

/** One metric. Never log_id, user or type as a label: each value is a series of its own, kept for weeks. */
export type MetricRow<T extends Type = Type, Label extends string = string> = {
  type: T
  /** Without the prefix; counters end in `_total`, and what has a unit names it. */
  name: string
  meaning: string
  labels: readonly Label[]
  /** Upper ends of a histogram's buckets. */
  buckets?: readonly number[]
}

const rowOf =
  <T extends Type>(type: T) =>
  <Label extends string = never>(name: string, meaning: string, labels: readonly Label[] = []): MetricRow<T, Label> => ({
    type,
    name,
    meaning,
    labels,
  })

export const counter = rowOf('counter')
export const gauge = rowOf('gauge')

export const histogram = <Label extends string = never>(
  name: string,
  meaning: string,
  buckets: readonly number[],
  labels: readonly Label[] = [],
): MetricRow<'histogram', Label> => ({ type: 'histogram', name, meaning, labels, buckets })

/** What every service has. */
export const processMetrics = {
  buildInfo: gauge('build_info', 'Always 1; its labels say which version of which service runs', ['service', 'version']),
  ready: gauge('ready', 'Whether /readyz answers 200: 0 while Kafka does not answer, or before the first assignment', [
    'service',
  ]),
}

export type Metrics = ReturnType<typeof createMetrics>

/** The registry of one process. A service registers its rows by using them. */
export function createMetrics(service: string, version: string) {
  const registry = new Registry()
  collectDefaultMetrics({ register: registry })
  const shared = <Label extends string>({ name, meaning, labels }: MetricRow<Type, Label>) => ({
    name: METRIC_PREFIX + name,
    help: meaning,
    labelNames: labels,
    registers: [registry],
  })
  const metrics = {
    service,
    registry,
    counter: <Label extends string>(row: MetricRow<'counter', Label>) => new Counter(shared(row)),
    /** @param collect called at each scrape */
    gauge: <Label extends string>(row: MetricRow<'gauge', Label>, collect?: (this: Gauge<Label>) => void) =>
      new Gauge({ ...shared(row), ...(collect ? { collect } : {}) }),
    histogram: <Label extends string>(row: MetricRow<'histogram', Label>) =>
      new Histogram({ ...shared(row), buckets: [...(row.buckets ?? [])] }),
  }
  metrics.gauge(processMetrics.buildInfo).labels(service, version).set(1)
  return metrics
}

/** All metrics as they are now, and the content type that says how they are written. Exemplars are off. */
export async function scrape({ registry }: Metrics, format: 'openmetrics' | 'text'): Promise<{ type: string; body: string }> {
  if (format === 'text') return { type: registry.contentType, body: await registry.metrics() }
  const open = new Registry<OpenMetricsContentType>()
  open.setContentType(Registry.OPENMETRICS_CONTENT_TYPE)
  for (const metric of metricsOf(registry)) {
    // prom-client takes `_total` off the name of a counter that it prints as OpenMetrics, and never puts it back: it is given an object
    // that inherits from the counter, whose own name stays.
    open.registerMetric(metric instanceof Counter ? Object.create(metric) : metric)
  }
  return { type: open.contentType, body: await open.metrics() }
}

/** By prom-client's types these are descriptions; they are the metrics themselves. */
const metricsOf = (registry: Registry) => registry.getMetricsAsArray() as unknown as (Counter | Gauge | Histogram)[]

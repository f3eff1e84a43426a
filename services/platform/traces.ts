// Traces of OpenTelemetry, off unless OTEL_EXPORTER_OTLP_ENDPOINT is set: only then its SDK is loaded (otel.ts). A span is known by the text
// of its W3C `traceparent`, which travels in HTTP and Kafka headers alike. https://www.w3.org/TR/trace-context/#traceparent-header
import type { Lifecycle } from './lifecycle.ts'
import type { Logger } from './logger.ts'
import { choice, parsed, type Settings, text } from './settings.ts'
import type { Traces } from './trace-span.ts'

export type { Attributes, Traces, TraceSpan } from './trace-span.ts'

const SAMPLERS = [
  'always_on',
  'always_off',
  'traceidratio',
  'parentbased_always_on',
  'parentbased_always_off',
  'parentbased_traceidratio',
] as const

/** https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/ */
export const traceFields = {
  tracesEndpoint: text(
    'OTEL_EXPORTER_OTLP_ENDPOINT',
    'Where traces go: an OpenTelemetry collector, OTLP over HTTP, such as http://collector:4318; none are made unless set',
    {
      check: (url) =>
        /^https?:$/.test(URL.parse(url)?.protocol ?? '') ? undefined : 'must be an address such as http://collector:4318',
    },
  ),
  tracesHeaders: parsed('OTEL_EXPORTER_OTLP_HEADERS', 'Headers for the collector: name=value, comma-separated', parseHeaders, {
    default: [],
    secret: true,
  }),
  tracesSampler: choice('OTEL_TRACES_SAMPLER', 'Which traces are kept; parentbased: as the sender decided', SAMPLERS, {
    default: 'parentbased_always_on',
  }),
  tracesShare: parsed('OTEL_TRACES_SAMPLER_ARG', 'Share of traces that a traceidratio sampler keeps, 0 to 1', parseShare, {
    default: 1,
  }),
}

type TraceSettings = Settings<typeof traceFields>

/** Undefined where traces are off. What is not yet sent goes out when the service closes. @param service as the logger's */
export async function openTraces(
  settings: TraceSettings,
  { service, instance, log, lifecycle }: { service: string; instance: string; log: Logger; lifecycle: Lifecycle },
): Promise<Traces | undefined> {
  if (settings.tracesEndpoint === '') return undefined
  const { startTracing } = await import('./otel.ts')
  const { traces, close } = startTracing(settings, { service, instance, log })
  lifecycle.onClose('traces', close)
  return traces
}

/** Version, trace id, parent id and flags, 55 characters; later versions that begin the same are cut off by none. */
const TRACEPARENT = /^(?!ff)[\da-f]{2}-(?!0{32})[\da-f]{32}-(?!0{16})[\da-f]{16}-[\da-f]{2}$/

/** The header as it came, of HTTP or of a record; undefined where it is none or not of W3C's form. */
export function traceparentOf(header: unknown): string | undefined {
  const value = Buffer.isBuffer(header) ? header.toString('latin1') : header
  return typeof value === 'string' && TRACEPARENT.test(value) ? value : undefined
}

function parseHeaders(list: string): { value: [name: string, value: string][] } | { problem: string } {
  const headers: [string, string][] = []
  for (const entry of list.split(',').filter((part) => part.trim() !== '')) {
    const [, name, value] = /^\s*([^\s=]+)\s*=\s*(.*?)\s*$/.exec(entry) ?? []
    if (name === undefined) return { problem: 'must be name=value, comma-separated' }
    try {
      headers.push([name, decodeURIComponent(value)])
    } catch {
      return { problem: `holds a value that is not percent-encoded as it should be (${name})` }
    }
  }
  return { value: headers }
}

function parseShare(text: string): { value: number } | { problem: string } {
  const value = Number(text)
  return value >= 0 && value <= 1 ? { value } : { problem: 'must be a number from 0 to 1' }
}

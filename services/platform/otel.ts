// Traces by OpenTelemetry's SDK. traces.ts loads this file where traces are wanted; nothing else does.
import { type Context, type Link, ROOT_CONTEXT, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api'
import { parseTraceParent, setGlobalErrorHandler } from '@opentelemetry/core'
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http'
import { resourceFromAttributes } from '@opentelemetry/resources'
import {
  AlwaysOffSampler,
  AlwaysOnSampler,
  BatchSpanProcessor,
  ParentBasedSampler,
  type Sampler,
  TraceIdRatioBasedSampler,
  TracerProvider,
} from '@opentelemetry/sdk-trace'
import { errorText } from './errors.ts'
import type { Logger } from './logger.ts'
import type { Traces } from './trace-span.ts'
import { version } from './version.ts'

/** A delivery may end thousands of spans at once; what does not fit is dropped. */
const SPANS_WAITING = 8_192
const EXPORT_EACH_MS = 1_000
const EXPORT_MS = 5_000
/** What has not arrived by then when the service closes is dropped: a collector that is away holds nothing up. */
const CLOSE_MS = 1_500
const TOLD_EACH_MS = 60_000

const KINDS = {
  server: SpanKind.SERVER,
  producer: SpanKind.PRODUCER,
  consumer: SpanKind.CONSUMER,
  client: SpanKind.CLIENT,
}

/** Settings of traces.ts, by OpenTelemetry's own names there. */
export type TraceSettings = {
  tracesEndpoint: string
  tracesHeaders: readonly (readonly [name: string, value: string])[]
  tracesSampler: string
  /** 0 to 1. */
  tracesShare: number
}

export function startTracing(
  settings: TraceSettings,
  { service, instance, log }: { service: string; instance: string; log: Logger },
): { traces: Traces; close: () => Promise<void> } {
  tellFailures(log)
  const exporter = new OTLPTraceExporter({
    url: `${settings.tracesEndpoint.replace(/\/+$/, '')}/v1/traces`,
    headers: Object.fromEntries(settings.tracesHeaders),
    timeoutMillis: EXPORT_MS,
  })
  const spans = { maxQueueSize: SPANS_WAITING, scheduledDelayMillis: EXPORT_EACH_MS, exportTimeoutMillis: EXPORT_MS + 1_000 }
  const provider = new TracerProvider({
    sampler: samplerOf(settings),
    resource: resourceFromAttributes({
      'service.name': `auth0-logs-${service}`,
      'service.version': version,
      'service.instance.id': instance,
    }),
    spanProcessors: [new BatchSpanProcessor({ exporter, ...spans })],
  })
  const tracer = provider.getTracer('auth0-log-pipeline', version)
  const traces: Traces = {
    start(name, { kind, parent, links = [], attributes, at }) {
      const options = { kind: KINDS[kind], attributes, startTime: at, links: links.flatMap(linkTo) }
      const span = tracer.startSpan(name, options, contextOf(parent))
      const { traceId, spanId } = span.spanContext()
      const recorded = span.isRecording()
      return {
        recorded,
        traceparent: recorded ? `00-${traceId}-${spanId}-01` : parent,
        link: (other) => void span.addLinks(linkTo(other)),
        end(more, failure) {
          if (more) span.setAttributes(more)
          if (failure) span.setAttribute('error.type', failure).setStatus({ code: SpanStatusCode.ERROR, message: failure })
          span.end()
        },
      }
    },
  }
  return { traces, close: () => shutDown(provider) }
}

function contextOf(parent: string | undefined): Context {
  const context = parent === undefined ? null : parseTraceParent(parent)
  return context ? trace.setSpanContext(ROOT_CONTEXT, { ...context, isRemote: true }) : ROOT_CONTEXT
}

function linkTo(other: string): Link[] {
  const context = parseTraceParent(other)
  return context ? [{ context }] : []
}

function samplerOf({ tracesSampler, tracesShare }: TraceSettings): Sampler {
  const name = tracesSampler.replace('parentbased_', '')
  const root =
    name === 'always_on'
      ? new AlwaysOnSampler()
      : name === 'always_off'
        ? new AlwaysOffSampler()
        : new TraceIdRatioBasedSampler(tracesShare)
  return name === tracesSampler ? root : new ParentBasedSampler({ root })
}

/** The SDK says by itself nothing of a collector that does not take its spans. */
function tellFailures(log: Logger): void {
  let told = Number.NEGATIVE_INFINITY
  setGlobalErrorHandler((error) => {
    if (performance.now() - told < TOLD_EACH_MS) return
    told = performance.now()
    const text = errorText(error)
    log.warn({ error: text }, 'traces do not reach OTEL_EXPORTER_OTLP_ENDPOINT and are dropped; logs go on as ever')
  })
}

async function shutDown(provider: TracerProvider): Promise<void> {
  const late = Promise.withResolvers<void>()
  const timer = setTimeout(late.resolve, CLOSE_MS)
  await Promise.race([provider.shutdown().catch(() => {}), late.promise])
  clearTimeout(timer)
}

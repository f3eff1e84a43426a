// A collector of traces: takes OTLP over HTTP as JSON. https://github.com/open-telemetry/opentelemetry-proto
import { once } from 'node:events'
import { createServer, type IncomingHttpHeaders } from 'node:http'
import type { AddressInfo } from 'node:net'
import { json } from 'node:stream/consumers'

export type CollectedSpan = {
  service: string
  traceId: string
  spanId: string
  /** Empty for the first of a trace. */
  parentSpanId: string
  name: string
  /** 1 internal, 2 server, 3 client, 4 producer, 5 consumer. */
  kind: number
  startMs: number
  endMs: number
  attributes: Record<string, string | number>
  links: { traceId: string; spanId: string }[]
  /** Status 2 is an error. */
  failed: boolean
}

export type Collector = Awaited<ReturnType<typeof startCollector>>

type Value = { stringValue?: string; intValue?: number | string; doubleValue?: number }
type Attribute = { key: string; value: Value }
type Export = {
  resourceSpans: {
    resource: { attributes: Attribute[] }
    scopeSpans: {
      spans: (Pick<CollectedSpan, 'traceId' | 'spanId' | 'name' | 'kind'> & {
        parentSpanId?: string
        startTimeUnixNano: string
        endTimeUnixNano: string
        attributes?: Attribute[]
        links?: { traceId: string; spanId: string }[]
        status?: { code?: number }
      })[]
    }[]
  }[]
}

export async function startCollector() {
  const spans: CollectedSpan[] = []
  const requests: { path: string; headers: IncomingHttpHeaders }[] = []
  const server = createServer((request, response) => {
    requests.push({ path: request.url ?? '', headers: request.headers })
    void json(request).then((body) => {
      spans.push(...spansOf(body as Export))
      response.writeHead(200, { 'content-type': 'application/json' }).end('{}')
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    spans: spans as readonly CollectedSpan[],
    requests: requests as readonly (typeof requests)[number][],
    async close() {
      server.close()
      server.closeAllConnections()
    },
  }
}

function spansOf({ resourceSpans }: Export): CollectedSpan[] {
  return resourceSpans.flatMap(({ resource, scopeSpans }) => {
    const service = String(attributesOf(resource.attributes)['service.name'])
    return scopeSpans.flatMap((scope) =>
      scope.spans.map(({ traceId, spanId, parentSpanId = '', name, kind, attributes, links = [], status, ...times }) => ({
        service,
        traceId,
        spanId,
        parentSpanId,
        name,
        kind,
        startMs: Math.round(Number(times.startTimeUnixNano) / 1e6),
        endMs: Number(times.endTimeUnixNano) / 1e6,
        attributes: attributesOf(attributes),
        links: links.map((link) => ({ traceId: link.traceId, spanId: link.spanId })),
        failed: status?.code === 2,
      })),
    )
  })
}

const attributesOf = (attributes: Attribute[] = []) =>
  Object.fromEntries(
    attributes.map(({ key, value: { stringValue, intValue, doubleValue } }) => [
      key,
      stringValue ?? Number(intValue ?? doubleValue),
    ]),
  )

/** A trace as a tree, a line a span, children by their names. */
export function drawn(spans: readonly CollectedSpan[], traceId: string): string[] {
  const own = spans.filter((span) => span.traceId === traceId)
  const ids = new Set(own.map(({ spanId }) => spanId))
  const below = (parents: CollectedSpan[], depth: number): string[] =>
    parents
      .toSorted((a, b) => `${a.service} ${a.name}`.localeCompare(`${b.service} ${b.name}`))
      .flatMap((span) => [
        `${'  '.repeat(depth)}${span.service}: ${span.name}`,
        ...below(
          own.filter(({ parentSpanId }) => parentSpanId === span.spanId),
          depth + 1,
        ),
      ])
  return below(
    own.filter(({ parentSpanId }) => !ids.has(parentSpanId)),
    0,
  )
}

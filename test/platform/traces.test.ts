// Traces: when they are made, which are kept, and what travels on.
import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, it, onTestFinished } from 'vitest'
import { createLifecycle } from '../../services/platform/lifecycle.ts'
import { createLogger } from '../../services/platform/logger.ts'
import { checkSettings, type Environment, readSettings } from '../../services/platform/settings.ts'
import { openTraces, type Traces, traceFields, traceparentOf } from '../../services/platform/traces.ts'
import { deserted } from '../support/answering.ts'
import { startCollector } from '../support/collector.ts'

const SENT = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'
const NOT_SAMPLED = SENT.replace(/01$/, '00')

async function open(env: Environment) {
  const lines: string[] = []
  const lifecycle = createLifecycle()
  onTestFinished(async () => void (await lifecycle.close()))
  const log = createLogger('test', 'info', { write: (line) => lines.push(line) })
  const traces = await openTraces(readSettings(traceFields, env), { service: 'test', instance: 'test-1', log, lifecycle })
  return { traces: traces as Traces, lifecycle, lines }
}

/** With a collector; `close` sends what waits. */
async function collected(env: Environment = {}) {
  const collector = await startCollector()
  onTestFinished(collector.close)
  return { collector, ...(await open({ OTEL_EXPORTER_OTLP_ENDPOINT: collector.origin, ...env })) }
}

describe('traces', () => {
  it('without a collector - are off', async () => {
    expect((await open({})).traces).toBeUndefined()
  })

  it('the SDK - is imported by one file, and that one where traces are wanted alone', () => {
    const root = new URL('../../services/', import.meta.url).pathname
    const files = readdirSync(root, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.ts'))
    const holding = (text: RegExp) => files.filter((file) => text.test(readFileSync(root + file, 'utf8')))
    expect(holding(/'@opentelemetry\//)).toEqual(['platform/otel.ts'])
    expect(holding(/otel\.ts'/)).toEqual(['platform/traces.ts'])
    expect(readFileSync(`${root}platform/traces.ts`, 'utf8')).toContain("await import('./otel.ts')")
  })

  it('a span - goes to the collector when the service closes, with its parent, its links and who sends it', async () => {
    const { collector, traces, lifecycle } = await collected({
      OTEL_EXPORTER_OTLP_HEADERS: 'authorization=Basic%20abc, x-tenant=a=b',
    })
    const other = traces.start('other', { kind: 'producer' })
    const at = Date.now() - 60_000
    const span = traces.start('one', {
      kind: 'server',
      parent: SENT,
      links: [other.traceparent!],
      attributes: { n: 1 },
      at,
    })
    span.end({ text: 'b' }, 'http_503')
    other.end()
    expect(await lifecycle.close()).toEqual([])
    expect(collector.requests[0]).toMatchObject({
      path: '/v1/traces',
      headers: { authorization: 'Basic abc', 'x-tenant': 'a=b', 'content-type': 'application/json' },
    })
    const [one] = collector.spans.filter(({ name }) => name === 'one')
    expect(one).toMatchObject({
      service: 'auth0-logs-test',
      traceId: '0af7651916cd43dd8448eb211c80319c',
      parentSpanId: 'b7ad6b7169203331',
      kind: 2,
      startMs: at,
      attributes: { n: 1, text: 'b', 'error.type': 'http_503' },
      failed: true,
    })
    expect(span.traceparent).toBe(`00-${one.traceId}-${one.spanId}-01`)
    expect(one.links.map(({ spanId }) => spanId)).toEqual([other.traceparent!.split('-')[2]])
  })

  it.each<[string, string | undefined, string | undefined, boolean]>([
    ['parentbased_always_on', undefined, undefined, true],
    ['parentbased_always_on', undefined, NOT_SAMPLED, false],
    ['parentbased_always_off', undefined, undefined, false],
    ['parentbased_always_off', undefined, SENT, true],
    ['parentbased_traceidratio', '0', undefined, false],
    ['parentbased_traceidratio', '1', undefined, true],
    ['traceidratio', '0', SENT, false],
    ['always_on', undefined, NOT_SAMPLED, true],
    ['always_off', undefined, SENT, false],
  ])('sampler %s (%s), begun with %s - is kept: %s', async (sampler, share, parent, kept) => {
    const { traces } = await collected({ OTEL_TRACES_SAMPLER: sampler, OTEL_TRACES_SAMPLER_ARG: share })
    const span = traces.start('one', { kind: 'server', parent })
    span.end()
    expect(span.recorded).toBe(kept)
    if (kept) expect(traceparentOf(span.traceparent)).toMatch(/-01$/)
    else expect(span.traceparent).toBe(parent)
  })

  it('a collector that is away - is told once, and holds no service up', async () => {
    const { traces, lifecycle, lines } = await open({ OTEL_EXPORTER_OTLP_ENDPOINT: (await deserted()).origin })
    traces.start('one', { kind: 'server' }).end()
    await expect.poll(() => lines.join(''), { timeout: 15_000 }).toContain('traces do not reach OTEL_EXPORTER_OTLP_ENDPOINT')
    traces.start('two', { kind: 'server' }).end()
    const began = performance.now()
    expect(await lifecycle.close()).toEqual([])
    expect(performance.now() - began).toBeLessThan(3_000)
    expect(lines).toHaveLength(1)
  })

  it.each<[Environment, string]>([
    [{ OTEL_EXPORTER_OTLP_ENDPOINT: 'collector:4318' }, 'must be an address such as http://collector:4318, not "collector:4318"'],
    [{ OTEL_TRACES_SAMPLER: 'often' }, 'must be one of always_on'],
    [{ OTEL_TRACES_SAMPLER_ARG: '2' }, 'must be a number from 0 to 1'],
    [{ OTEL_EXPORTER_OTLP_HEADERS: 'a secret' }, 'must be name=value, comma-separated'],
  ])('%o - is refused by name', (env, problem) => {
    const { problems } = checkSettings(traceFields, env)
    expect(problems).toEqual([{ setting: Object.keys(env)[0], problem: expect.stringContaining(problem) }])
    expect(JSON.stringify(problems)).not.toContain('a secret')
  })

  it.each<[unknown, string | undefined]>([
    [SENT, SENT],
    [Buffer.from(SENT), SENT],
    [undefined, undefined],
    ['', undefined],
    [[SENT], undefined],
    [SENT.toUpperCase(), undefined],
    [`${SENT}-more`, undefined],
    [SENT.replace(/^00/, 'ff'), undefined],
    [SENT.replace(/-b7ad6b7169203331/, '-0000000000000000'), undefined],
  ])('traceparent %s - is %s', (header, expected) => {
    expect(traceparentOf(header)).toBe(expected)
  })
})

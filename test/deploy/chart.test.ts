// The Helm chart, as far as it can be checked without Helm: values, their schema, and what both say of the services.
// services/deploy/check renders it and holds every object against the schemas of Kubernetes.
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { Ajv } from 'ajv'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { sections } from '../support/settings-tables.ts'

const CHART = new URL('../../services/deploy/helm/', import.meta.url)
const SERVICES = new URL('../../services/', import.meta.url)
const read = (path: string) => readFileSync(new URL(path, CHART), 'utf8')
type Values = { [name: string]: Values } & { settings?: Record<string, unknown> }
const values = parse(read('values.yaml')) as Values
const valueSets = readdirSync(new URL('ci/', CHART)).map((file) => [file, parse(read(`ci/${file}`)) as Values] as const)
const templates = readdirSync(new URL('templates/', CHART)).map((file) => read(`templates/${file}`))
const rows = sections.flatMap(([, fields]) => Object.values(fields))

const ajv = new Ajv({ allErrors: true, strict: true, allowUnionTypes: true, strictTypes: false })
const isValid = ajv.compile(JSON.parse(read('values.schema.json')) as object)
const problemsOf = (given: unknown) =>
  isValid(given) ? [] : (isValid.errors ?? []).map(({ instancePath, message }) => `${instancePath} ${message}`)

/** As Helm lays given values over the chart's own. */
function over(base: unknown, given: unknown): unknown {
  const isMap = (value: unknown): value is Record<string, unknown> =>
    typeof value === 'object' && value !== null && !Array.isArray(value)
  if (!isMap(base) || !isMap(given)) return given
  const names = [...new Set([...Object.keys(base), ...Object.keys(given)])]
  return Object.fromEntries(names.map((name) => [name, name in given ? over(base[name], given[name]) : base[name]]))
}

/** Every setting that values give to a service. */
function settingsIn(node: unknown): string[] {
  if (typeof node !== 'object' || node === null) return []
  return Object.entries(node).flatMap(([name, value]) => (name === 'settings' ? Object.keys(value as object) : settingsIn(value)))
}

describe('values', () => {
  it.each([['values.yaml', {}] as const, ...valueSets])('%s - fit their schema', (_, given) => {
    expect(problemsOf(over(values, given))).toEqual([])
  })

  it.each([
    ['a slip in a name', { ingest: { replica: 3 } }],
    ['a secret among the settings', { ingest: { settings: { INGEST_TOKENS: 'Bearer x' } } }],
    ['a secret of a sink that is not known', { sinks: { archive: { settings: { ARCHIVE_TOKEN: 'x' } } } }],
    ['a sink without members', { sinks: { segment: { replicas: 0 } } }],
    ['a sink that scales to none', { sinkDefaults: { keda: { minReplicas: 0 } } }],
    ['a backfill that is no choice', { backfill: { mode: 'stream' } }],
    ['a setting that is a list', { settings: { KAFKA_BROKERS: ['a:9092'] } }],
    ['a name of a setting in small letters', { settings: { kafka_brokers: 'a:9092' } }],
    ['a digest without its algorithm', { image: { digest: 'abc' } }],
  ])('%s - is refused', (_, given) => {
    expect(problemsOf(over(values, given))).not.toEqual([])
  })

  it('secrets - each is refused among the settings, and no other setting is', () => {
    const refused = (name: string) => problemsOf(over(values, { settings: { [name]: 'x' } })).length > 0
    const named = (wanted: boolean) => rows.filter(({ secret = false }) => secret === wanted).flatMap(({ names }) => [...names])
    expect(named(true).filter((name) => !refused(name))).toEqual([])
    expect(named(false).filter(refused)).toEqual([])
  })

  it('settings - every one that is given, or named in a comment, exists', () => {
    const known = new Set(rows.flatMap(({ names }) => [...names]))
    const isKnown = (name: string) => known.has(name) || known.has(name.replace(/^(CLOUDWATCH|SEGMENT|PAPERTRAIL)_/, ''))
    const ofOthers = /^(LOG_ARCHIVE_\w+|HTTPS_PROXY|NODE_USE_ENV_PROXY)$/
    const given = valueSets.flatMap(([, set]) => settingsIn(set)).concat(settingsIn(values))
    const named = [read('values.yaml'), ...templates].flatMap(
      (text) =>
        text.match(/\b(?:KAFKA|INGEST|AUTH0|CLOUDWATCH|AWS|SEGMENT|PAPERTRAIL|SLACK|CONSOLE|SINK|LOG|TOPIC)_[A-Z0-9_]+\b/g) ?? [],
    )
    expect(given.length).toBeGreaterThan(20)
    expect([...new Set([...given, ...named])].filter((name) => !isKnown(name) && !ofOthers.test(name))).toEqual([])
  })

  it('sinks - each folder of one is there, and off until somebody wants it', () => {
    const folders = readdirSync(new URL('sinks/', SERVICES)).filter((name) =>
      existsSync(new URL(`sinks/${name}/main.ts`, SERVICES)),
    )
    expect(Object.keys(values.sinks).toSorted()).toEqual(folders.toSorted())
    expect(values.sinkDefaults.enabled).toBe(false)
    expect(Object.values(values.sinks).filter((sink) => 'enabled' in sink)).toEqual([])
  })
})

describe('templates', () => {
  it('services - start what is there, on the port that is its default', () => {
    const started = templates.flatMap((text) => [
      ...text.matchAll(/"main" (?:\(printf )?"([\w/]+)(?:%s)?"[^"]+"portSetting" "(\w+)" "port" (\d+)/g),
    ])
    expect(started.map(([, main]) => main).toSorted()).toEqual(['console', 'ingest', 'sinks/', 'slack'])
    for (const [, main, setting, port] of started) {
      expect([main, existsSync(new URL(main, SERVICES))]).toEqual([main, true])
      expect([setting, rows.find(({ names }) => names.includes(setting))?.default]).toEqual([setting, Number(port)])
    }
  })

  it('chart - names no sink outside its values', () => {
    expect(templates.filter((text) => /cloudwatch|segment\b|papertrail/i.test(text))).toEqual([])
  })

  it('version - is the one of the project', () => {
    const { version } = JSON.parse(readFileSync(new URL('../package.json', SERVICES), 'utf8')) as { version: string }
    expect(parse(read('Chart.yaml'))).toMatchObject({ appVersion: version })
  })
})

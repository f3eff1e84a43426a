// What the services did: runs a page at a time, one run in full, the audit trail.
import { adviceOf } from '../operations/advice.ts'
import { isFailed } from '../operations/runs.ts'
import type { KafkaClient } from '../topics/client.ts'
import { readRanges } from '../topics/read.ts'
import { topicNames } from '../topics/names.ts'
import { parse } from '../topics/reports.ts'
import type { Report } from '../topics/records.ts'
import type { AuditTrail, IndexedRun, RunIndex } from './history.ts'
import { Answer, kafkaAway, queryInteger, queryText, type Route } from './route.ts'

const TEXT = { type: 'string' } as const
const TIME = { type: 'string', description: 'ISO 8601' } as const
const COUNT = { type: 'integer', minimum: 0 } as const
const PAGE = {
  page: { type: 'integer', minimum: 1, default: 1, description: 'Which page; 0 is the first too' },
  per_page: { type: 'integer', minimum: 1, maximum: 100, default: 10 },
} as const

/** A run by its names in the originals' API, and what else is known of it. */
const RUN = {
  type: 'object',
  required: ['service', 'status', 'start', 'end', 'logsProcessed', 'checkpoint', 'error'],
  properties: {
    service: TEXT,
    run: TEXT,
    status: { enum: ['running', 'success', 'failed', 'held', 'recovered', 'idle'] },
    start: TIME,
    end: TIME,
    logsProcessed: COUNT,
    checkpoint: TEXT,
    error: TEXT,
    offsets: { type: 'array', items: COUNT, description: 'Places of its reports in the reports topic' },
  },
} as const
const REPORT_LIMIT_MS = 10_000

export function runRoutes(client: KafkaClient, index: RunIndex, audit: AuditTrail, ready: () => boolean): Route[] {
  const known = () => {
    if (ready()) return
    throw kafkaAway('the reports have not been read from Kafka yet: try again in a moment', 2)
  }
  return [
    {
      method: 'get',
      path: '/api/report',
      summary: 'Runs, newest first',
      access: 'viewer',
      query: {
        ...PAGE,
        filter: { enum: ['errors'], description: 'Only runs that failed or are held' },
        service: { type: 'string', description: 'Only of this service' },
      },
      answers: {
        type: 'object',
        required: ['logs', 'total', 'lastRun'],
        properties: {
          logs: { type: 'array', items: RUN },
          total: { ...COUNT, description: 'Runs that fit, on all pages' },
          lastRun: { ...TIME, type: ['string', 'null'], description: 'When the newest run ended; null where there is none' },
        },
      },
      handle(request, response) {
        const asked = {
          page: Math.max(1, queryInteger(request, 'page', 1, 0, 1_000_000)),
          perPage: queryInteger(request, 'per_page', 10, 1, 100),
          errorsOnly: queryText(request, 'filter', ['errors']) === 'errors',
          service: queryText(request, 'service'),
        }
        known()
        const { lastRun, ...page } = index.page(asked)
        response.json({ ...page, lastRun: lastRun || null })
      },
    },
    {
      method: 'get',
      path: '/api/report/:offset',
      summary: 'One report of a run in full, by its place in the reports topic',
      access: 'viewer',
      answers: {
        type: 'object',
        required: ['service', 'run', 'status', 'error', 'advice'],
        properties: {
          service: TEXT,
          error: TEXT,
          advice: { ...TEXT, description: 'What can be done about the error; empty where nothing is to be done any more' },
        },
      },
      async handle(request, response) {
        const offset = Number(request.params.offset)
        if (!/^\d{1,15}$/.test(String(request.params.offset))) throw notThere()
        const report = await readReport(client, offset)
        if (!report) throw notThere()
        response.json({ ...report, advice: isFailed(report) ? adviceOf(report.error) : '' })
      },
    },
    {
      method: 'get',
      path: '/api/runs/:service',
      summary: 'What a service did in the last hours, for charts: oldest first',
      access: 'viewer',
      query: { hours: { type: 'integer', minimum: 1, maximum: 168, default: 1 } },
      answers: {
        type: 'object',
        required: ['points'],
        properties: {
          points: {
            type: 'array',
            items: { type: 'array', description: 'start and end in ms, processed, retries, mean time of a delivery in ms' },
          },
        },
      },
      handle(request, response) {
        const hours = queryInteger(request, 'hours', 1, 1, 168)
        known()
        const found = index.since(String(request.params.service), Date.now() - hours * 3_600_000)
        response.json({ points: thinned(found) })
      },
    },
    {
      method: 'get',
      path: '/api/audit',
      summary: 'What operators did, newest first',
      access: 'viewer',
      query: PAGE,
      answers: {
        type: 'object',
        required: ['records', 'total'],
        properties: { records: { type: 'array', items: { type: 'object' } }, total: COUNT },
      },
      handle(request, response) {
        const page = Math.max(1, queryInteger(request, 'page', 1, 0, 1_000_000))
        const perPage = queryInteger(request, 'per_page', 10, 1, 100)
        known()
        response.json(audit.page(page, perPage))
      },
    },
  ]
}

const notThere = () => new Answer(404, 'not_found', 'there is no such report: it may have expired')

async function readReport(client: KafkaClient, offset: number): Promise<Report | undefined> {
  const range = { partition: 0, from: offset, to: offset + 1 }
  let found: Report | undefined
  const take = (record: Parameters<typeof parse>[0]) => {
    const told = parse(record)
    if (told?.kind === 'report') found = told.report
  }
  const topic = topicNames.reports(client.settings.prefix)
  await readRanges(client, 'report', topic, [range], take, AbortSignal.timeout(REPORT_LIMIT_MS))
  return found
}

const MOST_POINTS = 500

/** At most 500 points: neighbours are added up. */
function thinned(runs: readonly IndexedRun[]): number[][] {
  const step = Math.ceil(runs.length / MOST_POINTS) || 1
  return Array.from({ length: Math.ceil(runs.length / step) }, (_, i) => {
    const some = runs.slice(i * step, (i + 1) * step)
    const sum = (name: 'logsProcessed' | 'retries') => some.reduce((total, run) => total + run[name], 0)
    return [
      Date.parse(some[0].start),
      Date.parse(some[some.length - 1].end),
      sum('logsProcessed'),
      sum('retries'),
      Math.max(...some.map(({ deliveryMs }) => deliveryMs)),
    ]
  })
}

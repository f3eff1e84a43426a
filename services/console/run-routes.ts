// What the services did: runs a page at a time, one run in full, the audit trail.
import { adviceOf } from '../operations/advice.ts'
import { isFailed } from '../operations/runs.ts'
import type { KafkaClient } from '../topics/client.ts'
import { readRanges } from '../topics/read.ts'
import { topicNames } from '../topics/names.ts'
import { parse } from '../topics/reports.ts'
import type { Report } from '../topics/records.ts'
import { chartOf, STEP_MS } from './charts.ts'
import type { AuditTrail, IndexedRun, RunIndex } from './history.ts'
import { Answer, kafkaAway, queryInteger, queryText, type Route } from './route.ts'
import type { Point } from './status-watch.ts'

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
    times: { ...COUNT, description: 'How many runs a folded row stands for' },
    offsets: { type: 'array', items: COUNT, description: 'Places of its reports in the reports topic' },
  },
} as const
const REPORT_LIMIT_MS = 10_000

const byEnd = (runs: IndexedRun[]) => runs.toSorted((a, b) => (a.end < b.end ? -1 : 1))
/** What brings events into the topic. */
const SOURCES = ['ingest', 'backfill']

/** @param history what the console itself saw of a service in the last hour @param ready the reports have been read */
export function runRoutes(
  client: KafkaClient,
  index: RunIndex,
  audit: AuditTrail,
  history: (service: string) => Point[],
  ready: () => boolean,
): Route[] {
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
        service: { type: 'string', description: 'Only of this service; windows of the ingest are listed only so' },
        fold: { enum: ['true', 'false'], description: 'Failed runs that follow each other with the same error are one row' },
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
          fold: queryText(request, 'fold', ['true', 'false']) === 'true',
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
      path: '/api/charts/:service',
      summary: 'The past of a service to draw: oldest first, in steps of equal length',
      access: 'viewer',
      query: { hours: { enum: ['1', '24', '168'], default: '1' } },
      answers: {
        type: 'object',
        required: ['stepMs', 'steps'],
        properties: {
          stepMs: { ...COUNT, description: 'Length of a step, milliseconds' },
          steps: {
            type: 'array',
            items: {
              type: 'object',
              description:
                'at in ms; in and out in events a second, waiting in events, deliveryMs the mean of a delivery, each null where it is not known; failed; deadLettered',
            },
          },
        },
      },
      handle(request, response) {
        const hours = Number(queryText(request, 'hours', Object.keys(STEP_MS)) || 1)
        const service = String(request.params.service)
        known()
        const now = Date.now()
        const from = now - hours * 3_600_000
        const runs = index.since(service, from)
        const sources = service === 'backfill' ? [] : byEnd(SOURCES.flatMap((source) => index.since(source, from)))
        const points = hours === 1 ? history(service) : []
        response.json({ stepMs: STEP_MS[hours], steps: chartOf({ runs, sources, points, hours, now }) })
      },
    },
    {
      method: 'get',
      path: '/api/audit',
      summary: 'What operators did, newest first',
      access: 'viewer',
      query: {
        ...PAGE,
        by: { type: 'string', description: 'Only of this user' },
        operation: { type: 'string', description: 'Only of this verb' },
      },
      answers: {
        type: 'object',
        required: ['records', 'total', 'people', 'operations'],
        properties: {
          records: { type: 'array', items: { type: 'object' } },
          total: { ...COUNT, description: 'Records that fit, on all pages' },
          people: { type: 'array', items: TEXT, description: 'Who did something, for `by`' },
          operations: { type: 'array', items: TEXT, description: 'What was done, for `operation`' },
        },
      },
      handle(request, response) {
        const page = Math.max(1, queryInteger(request, 'page', 1, 0, 1_000_000))
        const perPage = queryInteger(request, 'per_page', 10, 1, 100)
        const by = queryText(request, 'by')
        const operation = queryText(request, 'operation')
        known()
        response.json(audit.page({ page, perPage, by, operation }))
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

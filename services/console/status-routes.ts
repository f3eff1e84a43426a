// What is now: the status of all services, and the jobs.
import type { ControlRecords, JobRecord } from '../topics/control.ts'
import type { RunIndex } from './history.ts'
import type { Route } from './route.ts'
import type { ConsoleStatus, StatusWatch } from './status-watch.ts'

const TEXT = { type: 'string' } as const

/** As GET /api/status and the event `status` of /api/updates have it. */
export type StatusTold = ReturnType<typeof withLastRuns>

/** The last run of a service is what the index knows: it reaches farther back than the status does. */
export function withLastRuns(status: ConsoleStatus, index: RunIndex) {
  return {
    ...status,
    services: status.services.map((service) => {
      const last = service.lastRun ?? index.last(service.name) ?? null
      return { ...service, nextRun: service.nextRun || null, lastRun: last }
    }),
  }
}

/** @param records what the control topic says now @throws Answer 503 from `records` before it was read */
export function statusRoutes(watch: StatusWatch, index: RunIndex, records: () => ControlRecords): Route[] {
  return [
    {
      method: 'get',
      path: '/api/status',
      summary: 'Every service as it is now: state, next and last run, lag, trouble, account of each partition',
      access: 'viewer',
      answers: {
        type: 'object',
        required: ['at', 'topic', 'services', 'kafka', 'notUnderstood'],
        properties: {
          at: TEXT,
          topic: { type: 'object' },
          kafka: { type: 'object', required: ['away'], properties: { away: { type: 'boolean' } } },
          notUnderstood: {
            type: 'array',
            description:
              'Records of others in control and reports that are left out, by topic: how many, what it means, what to do',
            items: { type: 'object', required: ['topic', 'count', 'meaning', 'toDo', 'records'] },
          },
          services: {
            type: 'array',
            items: {
              type: 'object',
              required: ['name', 'kind', 'state', 'nextRun', 'lastRun', 'lag'],
              properties: {
                name: TEXT,
                kind: { enum: ['ingest', 'backfill', 'sink', 'console', 'slack'] },
                state: { enum: ['running', 'paused', 'stopped'] },
                nextRun: { type: ['string', 'null'], description: 'ISO 8601; null where nothing is due' },
                lastRun: { type: ['object', 'null'] },
                lag: { type: ['integer', 'null'], description: 'Records that wait; null for a service that delivers none' },
              },
            },
          },
        },
      },
      async handle(_, response) {
        response.json(withLastRuns(await watch.current(), index))
      },
    },
    {
      method: 'get',
      path: '/api/history/:service',
      summary: 'Lag and progress of a service over the last hour',
      access: 'viewer',
      answers: {
        type: 'object',
        required: ['points'],
        properties: {
          points: {
            type: 'array',
            items: { type: 'array', description: 'time in ms, lag, records received, records brought to an end' },
          },
        },
      },
      handle(request, response) {
        response.json({ points: watch.history(String(request.params.service)) })
      },
    },
    {
      method: 'get',
      path: '/api/jobs',
      summary: 'Replays, redrives and backfills, newest first',
      access: 'viewer',
      answers: { type: 'object', required: ['jobs'], properties: { jobs: { type: 'array', items: { type: 'object' } } } },
      handle(_, response) {
        const jobs = [...records()].flatMap(([key, record]) => (key.startsWith('job/') ? [record as JobRecord] : []))
        response.json({ jobs: jobs.toSorted((a, b) => (a.at < b.at ? 1 : -1)) })
      },
    },
  ]
}

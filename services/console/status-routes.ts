// What is now: the status of all services, a service's settings, when a schedule is due.
import { knownService, settingNamed, settingsNow } from '../operations/services.ts'
import { nextTicks, scheduleProblem } from '../operations/schedule-times.ts'
import { valueProblem } from '../operations/settings.ts'
import type { ControlRecords, JobRecord } from '../topics/control.ts'
import type { RunIndex } from './history.ts'
import { Answer, kafkaAway, queryText, type Route } from './route.ts'
import type { ConsoleStatus, StatusWatch } from './status-watch.ts'

const TICKS = 5
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

export function statusRoutes(watch: StatusWatch, index: RunIndex, control: () => ControlRecords | undefined): Route[] {
  const records = () => {
    const known = control()
    if (!known) throw kafkaAway('the control topic has not been read from Kafka yet: try again in a moment', 2)
    return known
  }
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
      path: '/api/services/:service/settings',
      summary: "A service's settings: meaning, value, where it comes from, and whether it can be changed while it runs",
      access: 'viewer',
      answers: {
        type: 'object',
        required: ['service', 'settings'],
        properties: {
          service: TEXT,
          settings: { type: 'array', items: { type: 'object', required: ['name', 'meaning', 'now', 'live'] } },
        },
      },
      handle(request, response) {
        const known = knownService(records(), String(request.params.service))
        response.json({ service: known.name, settings: settingsNow(known) })
      },
    },
    {
      method: 'get',
      path: '/api/services/:service/settings/:name/check',
      summary: 'What would be wrong with a value of a setting',
      access: 'viewer',
      query: { value: TEXT },
      answers: {
        type: 'object',
        required: ['problem'],
        properties: { problem: { ...TEXT, description: 'Empty where the value is right' } },
      },
      handle(request, response) {
        const fields = settingsNow(knownService(records(), String(request.params.service)))
        const field = fields.find(({ name }) => name === request.params.name)
        if (!field) throw new Answer(404, 'not_found', 'there is no such setting')
        const value = queryText(request, 'value')
        const zone = settingNamed(fields, 'SCHEDULE_TZ')?.now ?? ''
        response.json({ problem: (value !== '' && valueProblem(field, value, zone)) || '' })
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
    {
      method: 'get',
      path: '/api/ticks',
      summary: 'When a schedule would be due next',
      access: 'viewer',
      query: { schedule: { type: 'string', description: 'continuous or a cron expression' }, time_zone: TEXT },
      answers: {
        type: 'object',
        required: ['problem', 'ticks'],
        properties: {
          problem: { ...TEXT, description: 'Empty where the schedule is right' },
          ticks: { type: 'array', items: TEXT },
        },
      },
      handle(request, response) {
        const schedule = queryText(request, 'schedule')
        const zone = queryText(request, 'time_zone')
        const problem = scheduleProblem(schedule, zone) ?? ''
        response.json({ problem, ticks: problem === '' ? nextTicks(schedule, zone, TICKS) : [] })
      },
    },
  ]
}

// What services are set to, and what a change would mean before it is made.
import { parseLevel, parseTypes } from '../events/filter.ts'
import { knownTypes, LEVELS } from '../events/types.ts'
import { knownService, settingNamed, settingsNow } from '../operations/services.ts'
import { nextTicks, scheduleProblem, scheduleWords } from '../operations/schedule-times.ts'
import { valueProblem } from '../operations/settings.ts'
import type { ControlRecords } from '../topics/control.ts'
import type { createNewestTypes } from './newest-types.ts'
import { Answer, queryText, type Route } from './route.ts'

const TICKS = 5
const TEXT = { type: 'string' } as const

/** @param records what the control topic says now @throws Answer 503 from `records` before it was read */
export function settingsRoutes(records: () => ControlRecords, newest: ReturnType<typeof createNewestTypes>): Route[] {
  return [
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
      path: '/api/filter-effect',
      summary: 'What a filter would have left out of the newest 1,000 events',
      access: 'viewer',
      query: {
        level: { ...TEXT, description: 'As LOG_LEVEL' },
        types: { ...TEXT, description: 'As LOG_TYPES' },
        mode: { enum: ['all', 'any'] },
      },
      answers: {
        type: 'object',
        required: ['looked', 'leftOut', 'since'],
        properties: {
          looked: { type: 'integer', description: 'Events looked at' },
          leftOut: { type: 'integer' },
          since: { ...TEXT, description: 'When the oldest of them was received; empty where there is none' },
        },
      },
      async handle(request, response) {
        const level = parseLevel(queryText(request, 'level'))
        if ('problem' in level) throw new Answer(400, 'wrong_use', `level ${level.problem}`, { more: { field: 'level' } })
        const types = parseTypes(queryText(request, 'types')).value
        const mode = queryText(request, 'mode', ['all', 'any']) === 'any' ? 'any' : 'all'
        response.json(await newest.effectOf({ level: level.value, types, mode }))
      },
    },
    {
      method: 'get',
      path: '/api/types',
      summary: 'The event types that Auth0 documents, with their level and category, and the names of the levels',
      access: 'viewer',
      answers: {
        type: 'object',
        required: ['types', 'levels'],
        properties: {
          types: { type: 'array', items: { type: 'object', required: ['code', 'name', 'level', 'category'] } },
          levels: { type: 'array', items: TEXT },
        },
      },
      handle(_, response) {
        response.json({ types: knownTypes(), levels: LEVELS })
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
        required: ['problem', 'words', 'ticks'],
        properties: {
          problem: { ...TEXT, description: 'Empty where the schedule is right' },
          words: { ...TEXT, description: 'The schedule in words; empty where there are none for it' },
          ticks: { type: 'array', items: TEXT },
        },
      },
      handle(request, response) {
        const schedule = queryText(request, 'schedule')
        const zone = queryText(request, 'time_zone')
        const problem = scheduleProblem(schedule, zone) ?? ''
        const isRight = problem === ''
        const words = isRight ? scheduleWords(schedule) : ''
        response.json({ problem, words, ticks: isRight ? nextTicks(schedule, zone, TICKS) : [] })
      },
    },
  ]
}

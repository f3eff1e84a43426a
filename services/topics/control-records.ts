// What the control topic holds: what services are, what operators want of them, and work beside the live groups. The types and the shapes
// that a record must fit: schemas/control-*.json say the same.
import type { ShownField } from '../platform/settings.ts'
import { newerVersion } from './not-understood.ts'
import { type ProofJob, proofJobShape } from './proof-job.ts'
import {
  atLeast,
  bool,
  count,
  jsonOf,
  listOf,
  nullOr,
  object,
  oneOf,
  parsed,
  SERVICE,
  type Shape,
  tableOf,
  text,
  time,
} from './shapes.ts'

export type DesiredState = 'running' | 'paused' | 'stopped'

export const isDesiredState = (state: unknown): state is DesiredState =>
  state === 'running' || state === 'paused' || state === 'stopped'

/** Who asked for it, and when (ISO 8601). */
type ByOperator = { v: number; by: string; at: string }

/**
 * `state/<service>`: what an operator asks for. Wins over the environment. `run_at`: when an operator last asked a scheduled service to
 * run at once, ISO 8601; it counts as a tick of the schedule.
 */
export type StateRecord = ByOperator & { state: DesiredState; run_at?: string }

/** `settings/<service>`: what an operator changed while it runs, by the settings' first names. Wins over the environment. */
export type SettingsRecord = ByOperator & { values: Record<string, string> }

/**
 * `job/<service>/<id>`: work beside the live group. `replay`: a range of the main topic again to one sink; `redrive`: dead letters of
 * a sink; `acknowledge`: dead letters that an operator put away, ended from the start; `backfill`: a range of the Management API into the
 * main topic; `reset`: an offset reset under way, see operations/reset.ts; `prove`: the certificate of a day, see operations/prove/.
 * Progress is the job's own group's offsets (a backfill's is in `checkpoint`), so this record says only what is asked for and how it ended.
 */
export type JobRecord = ByOperator & {
  id: string
  service: string
  kind: 'replay' | 'redrive' | 'acknowledge' | 'backfill' | 'reset' | 'prove'
  state: 'wanted' | 'running' | 'done' | 'failed' | 'cancelled'
  /** Offsets by partition, `to` not included; of the dead-letter topic for a redrive. `reached`: the next offset when it ended. */
  ranges: { partition: number; from: number; to: number; reached?: number }[]
  /** As the operator gave them. */
  from: string
  to: string
  /** Redrive: only dead letters with this reason; empty for all. */
  reason: string
  /** Redrive: only dead letters of this event; empty or left out for all. */
  log_id?: string
  /** Redrive: only the dead letters at these offsets; left out for all. */
  offsets?: number[]
  /** Events a second, 0 without a limit. */
  rate: number
  /** What it came to, when it has ended. */
  delivered: number
  failed: number
  error: string
  ended_at: string
  /** Backfill: the last log_id acknowledged. Reset: its plan and step, a ResetPlan as JSON. */
  checkpoint: string
  /** Prove: what is to be proved, how far it is, and what it came to. */
  proof?: ProofJob
}

/** `service/<service>`: what a service is; console, CLI and Slack learn of sinks from here. */
export type ServiceRecord = {
  v: number
  service: string
  kind: 'ingest' | 'backfill' | 'sink' | 'console' | 'slack'
  version: string
  group: string
  started_at: string
  /** State until an operator changes it. */
  state: DesiredState
  sandbox: boolean
  /** START_FROM of the environment that was applied last: the same value is not applied again. */
  start_from: string
  fields: ShownField[]
  /** What to warn of before logs received longer ago are sent to this sink again. */
  replay_limit?: ReplayLimit
  /** Of a sink: what its vendor does with events that it already has, a sentence for the operator. */
  repeats?: string
  /** Of the ingest: the tenant that this deployment is for, the first one that was seen, where AUTH0_DOMAIN does not tell. */
  tenant?: string
}

/** Logs received more than `hours` ago are not as welcome at the vendor as new ones; `meaning` is a sentence for the operator. */
export type ReplayLimit = { hours: number; meaning: string }

/** Next offsets by partition; -1 where nothing was ever committed. */
export type Offsets = [partition: number, offset: number][]

/**
 * An offset reset under way. `before`: the offsets when it began, `offsets`: the wanted ones. `stopped` is the state record that the reset wrote,
 * null where the sink was stopped already; `state` the one before it, null where there was none.
 */
export type ResetPlan = {
  step: 'stopping' | 'setting' | 'set'
  group: string
  before: Offsets
  offsets: Offsets
  state: StateRecord | null
  stopped: StateRecord | null
}

const SETTING = /^[A-Z][A-Z0-9_]*$/
const state = oneOf('running', 'paused', 'stopped')
const byOperator = { v: oneOf(1), by: text(), at: time }

export const stateShape = object<StateRecord>({ ...byOperator, state, run_at: time }, ['run_at'])
export const settingsShape = object<SettingsRecord>({ ...byOperator, values: tableOf(SETTING, text()) })

const offsets: Shape<Offsets> = listOf((value, at) => {
  const isPair = Array.isArray(value) && value.length === 2 && count(value[0], at) === undefined
  return isPair && (value[1] === -1 || count(value[1], at) === undefined) ? undefined : `${at} must be [partition, offset]`
})
const planShape = object<ResetPlan>({
  step: oneOf('stopping', 'setting', 'set'),
  group: text(/./s),
  before: offsets,
  offsets,
  state: nullOr(stateShape),
  stopped: nullOr(stateShape),
})
const plan = jsonOf(planShape)

/** The plan of a reset's record; undefined for any other record. */
export function resetPlanOf({ kind, checkpoint }: JobRecord): ResetPlan | undefined {
  return kind === 'reset' && plan(checkpoint, '') === undefined ? (JSON.parse(checkpoint) as ResetPlan) : undefined
}

const jobParts = object<JobRecord>(
  {
    ...byOperator,
    id: text(/^[A-Za-z0-9_-]{1,64}$/),
    service: text(SERVICE),
    kind: oneOf('replay', 'redrive', 'acknowledge', 'backfill', 'reset', 'prove'),
    state: oneOf('wanted', 'running', 'done', 'failed', 'cancelled'),
    ranges: listOf(
      object<JobRecord['ranges'][number]>({ partition: count, from: count, to: count, reached: count }, ['reached']),
    ),
    from: text(),
    to: text(),
    reason: text(),
    log_id: text(),
    offsets: listOf(count),
    rate: atLeast(0),
    delivered: count,
    failed: count,
    error: text(),
    ended_at: (value, at) => (value === '' ? undefined : time(value, at)),
    checkpoint: text(),
    proof: proofJobShape,
  },
  ['log_id', 'offsets', 'proof'],
)
export const jobShape: Shape<JobRecord> = (value, at) => {
  const problem = jobParts(value, at)
  if (problem !== undefined) return problem
  const { kind, checkpoint, proof } = value as JobRecord
  if (kind === 'prove' && !proof) return 'proof is missing'
  return kind === 'reset' ? plan(checkpoint, 'checkpoint') : undefined
}

const shownField = object<ShownField>(
  {
    name: text(SETTING),
    kind: oneOf('text', 'integer', 'boolean', 'choice', 'list'),
    meaning: text(),
    default: text(),
    unit: text(),
    choices: listOf(text()),
    secret: bool,
    required: bool,
    live: bool,
    value: text(),
    min: atLeast(Number.MIN_SAFE_INTEGER),
    max: atLeast(Number.MIN_SAFE_INTEGER),
  },
  ['min', 'max'],
)
const serviceParts = object<ServiceRecord>(
  {
    v: oneOf(1),
    service: text(SERVICE),
    kind: oneOf('ingest', 'backfill', 'sink', 'console', 'slack'),
    version: text(/./s),
    group: text(),
    started_at: time,
    state,
    sandbox: bool,
    start_from: text(),
    fields: listOf(shownField),
    replay_limit: object<ReplayLimit>({ hours: atLeast(0, true), meaning: text(/./s) }),
    repeats: text(/./s),
    tenant: text(/./s),
  },
  ['version', 'started_at', 'sandbox', 'start_from', 'replay_limit', 'repeats', 'tenant'],
)
/** What a record may leave out. */
const SERVICE_DEFAULTS = { version: '', started_at: '', sandbox: false, start_from: '' }
export const serviceShape: Shape<ServiceRecord> = (value, at) => {
  const problem = serviceParts(value, at)
  if (problem !== undefined) return problem
  const { kind, group } = value as ServiceRecord
  return kind === 'sink' && group === '' ? 'group must name the consumer group of a sink' : undefined
}

/** By the first part of the key: the shape, and the key that a record must have. */
const KINDS = new Map<string, { shape: Shape<unknown>; key: (record: never) => string | undefined }>([
  ['service', { shape: serviceShape, key: ({ service }: ServiceRecord) => `service/${service}` }],
  ['state', { shape: stateShape, key: () => undefined }],
  ['settings', { shape: settingsShape, key: () => undefined }],
  ['job', { shape: jobShape, key: ({ service, id }: JobRecord) => `job/${service}/${id}` }],
])
const KEY = /^(?:(service|state|settings)\/([^/]*)|(job)\/([^/]*)\/[^/]*)$/

/** A record of the control topic, or what is wrong with it. @param json its value as it is in the topic */
export function parseControl(key: string, json: unknown): { value: object } | { problem: string } {
  const [, kind = '', service = '', job = '', ofService = ''] = KEY.exec(key) ?? []
  const known = KINDS.get(kind || job)
  if (!known || !SERVICE.test(service || ofService))
    return { problem: 'its key is none of service/<service>, state/<service>, settings/<service>, job/<service>/<id>' }
  if (json === undefined) return { problem: 'it is not JSON' }
  const found = parsed(known.shape as Shape<object>, json)
  const newer = newerVersion(json)
  if ('problem' in found) return { problem: newer ?? found.problem }
  const own = known.key(found.value as never)
  if (own === undefined || own === key) return kind === 'service' ? { value: { ...SERVICE_DEFAULTS, ...found.value } } : found
  return { problem: `by what it says its key would be ${own}` }
}

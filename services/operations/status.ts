// `status`: every service as it is now, from Kafka alone. Desired state, members, lag, the account of each partition, last and next run.
import type { KafkaClient } from '../topics/client.ts'
import { type ControlRecords, type DesiredState, leftOutOf, readControl, type ServiceRecord } from '../topics/control.ts'
import { committedOffsets, describeGroups, type Group, type LogRange, logRanges } from '../topics/groups.ts'
import { jobsOf } from '../topics/jobs.ts'
import { topicNames } from '../topics/names.ts'
import { MOST_NOT_UNDERSTOOD, type NotUnderstood } from '../topics/not-understood.ts'
import { decodeBackfillCheckpoint } from '../topics/records.ts'
import { readReports, type Told } from '../topics/reports.ts'
import { type AccountSum, accountOf, type PartitionAccount, sumOf } from './account.ts'
import { type Intake, intakeOf } from './intake.ts'
import {
  desiredState,
  isSink,
  isSteered,
  type Known,
  knownService,
  knownServices,
  settingNamed,
  settingsNow,
} from './services.ts'
import { type Left, type LeftOut, leftOutByTopic } from './left-out.ts'
import { countLetters, type LetterCounts, letterRanges } from './letters.ts'
import { oldestWaiting, type Waiting } from './oldest.ts'
import type { Operation } from './operation.ts'
import { mayBeOlder, type Trouble, troubleOf } from './outages.ts'
import { openReset, openResetText } from './reset.ts'
import { foldRuns, type Run } from './runs.ts'
import { CONTINUOUS, nextTicks, scheduleProblem, scheduleWords } from './schedule-times.ts'
import { isoOf } from './times.ts'

export type PartitionStatus = PartitionAccount & {
  /** When the oldest undelivered event was received, ISO; empty where none waits or it could not be read. */
  oldestUndelivered: string
}

export type ServiceStatus = {
  name: string
  kind: ServiceRecord['kind']
  version: string
  /** Delivers to the sandbox, in a group of its own. */
  sandbox: boolean
  startedAt: string
  /** What is asked of it. */
  state: DesiredState
  /** Who asked for it and when, and the environment's state where it is another; null where nobody did. */
  setBy: { by: string; at: string; overrides: DesiredState | '' } | null
  /** `continuous` or a cron expression; empty for what has no schedule. */
  schedule: string
  /** The same in words: `every 5 minutes`, `all the time`; empty where there are none for it. */
  scheduleWords: string
  timeZone: string
  /** ISO; empty where nothing is due: continuous, paused, stopped. */
  nextRun: string
  group: string
  /** Kafka's word for the group; empty for a service without one. */
  groupState: string
  members: { id: string; client: string; host: string; partitions: number[] }[]
  /** Records that wait; null for a service that delivers none. */
  lag: number | null
  oldestUndelivered: string
  /** Deliveries stand still or fail, by the newest reports; null where all is well. */
  trouble: Trouble | null
  /** A reset that is not at its end, and what to do; empty where there is none. */
  openReset: string
  lastRun: Run | null
  /** The smallest undelivered log_id; where nothing waits the last one that was brought to an end. */
  checkpoint: string
  account: AccountSum | null
  /** By the dead-letter topic; null for a service that has none. */
  deadLetters: LetterCounts | null
  /** What came in and what was refused in the last hour; null for all but the ingest. */
  intake: Intake | null
  partitions: PartitionStatus[]
}

export type Status = {
  at: string
  /** The main topic: what it holds now. */
  topic: { name: string; partitions: number; records: number }
  services: ServiceStatus[]
  /** Records in control and reports that this version cannot read, and so leaves out. */
  notUnderstood: LeftOut[]
}

/** Reports are read from the end of the topic: some hundred an hour are usual. */
const NEWEST_REPORTS = 2_000
/** Where an outage began is looked for in so many at most: days of them. */
const MOST_REPORTS = 200_000

/**
 * All services, or the one named. Who follows the control and the reports topic anyway hands in what they hold: then only groups,
 * offsets and the records that wait are asked for.
 * @throws Refusal for a name that is not known
 */
export async function readStatus(
  client: KafkaClient,
  from: { control: ControlRecords; told: readonly Told[]; service?: string; reportsLeftOut?: Left },
): Promise<Status> {
  const { control, told, service, reportsLeftOut = { count: 0, records: [] } } = from
  const known = service === undefined ? knownServices(control) : [knownService(control, service)]
  const topic = topicNames.events(client.settings.prefix)
  // Commits before ends: an end asked for later is never below a commit.
  const places = new Map(await Promise.all(known.map(async (one) => [one.name, await placeOf(client, topic, one)] as const)))
  const groupNames = known.map(({ record }) => record.group).filter((group) => group !== '')
  const writers = known.filter((one) => isSink(one) || one.record.kind === 'ingest').map(({ name }) => name)
  const [ranges, groups, letters] = await Promise.all([
    rangesOf(client, topic, control),
    describeGroups(client, groupNames),
    letterRanges(client, writers),
  ])
  const runs = foldRuns(told)
  const services = known.map(async (one): Promise<ServiceStatus> => {
    const { commits, checkpoint } = places.get(one.name)!
    const commitOf = (partition: number) => commits.find((commit) => commit.partition === partition)
    const accounts = isSink(one) ? ranges.map((range) => accountOf(range, commitOf(range.partition))) : []
    const lagging = accounts.filter(({ lag }) => lag > 0)
    const waiting = await oldestWaiting(
      client,
      topic,
      lagging.map(({ partition, next, start }) => ({ partition, offset: Math.max(next, start) })),
    )
    const partitions = accounts.map((account) => ({ ...account, oldestUndelivered: timeOf(waiting.get(account.partition)) }))
    return {
      ...desiredOf(one),
      ...membersOf(one, groups),
      lag: isSink(one) ? sumOf(accounts).lag : null,
      oldestUndelivered: first(partitions.map(({ oldestUndelivered }) => oldestUndelivered)),
      trouble: troubleOf(told, one.name, one.record.started_at),
      openReset: resetText(control, one.name),
      lastRun: runs.find((run) => run.service === one.name) ?? null,
      checkpoint: checkpoint || checkpointOf(accounts, waiting),
      account: isSink(one) ? sumOf(accounts) : null,
      deadLetters: writers.includes(one.name)
        ? await countLetters(client, one.name, letters.get(one.name), jobsOf(control, one.name))
        : null,
      intake: one.record.kind === 'ingest' ? intakeOf(told, Date.now()) : null,
      partitions,
    }
  })
  const records = ranges.reduce((sum, { start, end }) => sum + end - start, 0)
  return {
    at: new Date().toISOString(),
    topic: { name: topic, partitions: ranges.length, records },
    services: await Promise.all(services),
    notUnderstood: leftOutByTopic(controlLeftOut(control), reportsLeftOut),
  }
}

function controlLeftOut(control: ControlRecords): Left {
  const records = leftOutOf(control)
  return { count: records.length, records }
}

function resetText(control: ControlRecords, service: string): string {
  const open = openReset(control, service)
  return open ? openResetText(open) : ''
}

/** What a service has committed; the backfill's checkpoint is in its commit's metadata. */
async function placeOf(client: KafkaClient, topic: string, { record }: Known) {
  if (record.kind === 'sink') return { commits: await committedOffsets(client, record.group, topic), checkpoint: '' }
  if (record.kind !== 'backfill' || record.group === '') return { commits: [], checkpoint: '' }
  const commits = await committedOffsets(client, record.group, topicNames.control(client.settings.prefix))
  return { commits: [], checkpoint: commits.map(({ metadata }) => checkpointIn(metadata)).find((id) => id !== '') ?? '' }
}

/** Of a newer version, or of nobody's, it is not known. */
function checkpointIn(metadata: string): string {
  try {
    return decodeBackfillCheckpoint(metadata)
  } catch {
    return ''
  }
}

/** Ingest and sinks create the main topic; before any of them there is none. */
async function rangesOf(client: KafkaClient, topic: string, control: ControlRecords): Promise<LogRange[]> {
  const exists = knownServices(control).some(({ record }) => record.kind === 'ingest' || record.kind === 'sink')
  return exists ? (await logRanges(client, topic)).toSorted((a, b) => a.partition - b.partition) : []
}

function desiredOf(known: Known) {
  const { name, record, state: asked } = known
  const settings = settingsNow(known)
  const state = desiredState(known)
  const timeZone = settingNamed(settings, 'SCHEDULE_TZ')?.now ?? ''
  const schedule = isSteered(known) ? settingNamed(settings, 'SCHEDULE')?.now || CONTINUOUS : ''
  const isDue = state === 'running' && scheduleProblem(schedule, timeZone) === undefined
  return {
    name,
    kind: record.kind,
    version: record.version,
    sandbox: record.sandbox,
    startedAt: record.started_at,
    state,
    setBy: asked ? { by: asked.by, at: asked.at, overrides: record.state === state ? ('' as const) : record.state } : null,
    schedule,
    scheduleWords: schedule === '' ? '' : scheduleWords(schedule),
    timeZone: schedule === '' ? '' : timeZone,
    nextRun: isDue ? (nextTicks(schedule, timeZone, 1)[0] ?? '') : '',
  }
}

function membersOf({ record }: Known, groups: readonly Group[]) {
  const found = groups.find(({ group }) => group === record.group)
  const members = (found?.members ?? []).map(({ assigned, ...member }) => ({
    ...member,
    partitions: Object.values(assigned)
      .flat()
      .toSorted((a, b) => a - b),
  }))
  return { group: record.group, groupState: found?.state ?? '', members }
}

const timeOf = (waiting: Waiting | undefined) => (waiting ? isoOf(waiting.receivedAt) : '')
/** The smallest text that is not empty. */
const first = (texts: readonly string[]) => texts.filter((text) => text !== '').toSorted()[0] ?? ''

function checkpointOf(accounts: readonly PartitionAccount[], waiting: Map<number, Waiting>): string {
  const next = accounts.map((account) => (account.lag > 0 ? waiting.get(account.partition)?.id || account.checkpoint : ''))
  const done = accounts.map(({ checkpoint }) => checkpoint).toSorted()
  return first(next) || (done.at(-1) ?? '')
}

export const status: Operation = {
  name: 'status',
  summary: 'every service now: state, waiting logs, trouble, and whether its ledger balances',
  role: 'viewer',
  inputs: { service: { meaning: 'only this service, with its partitions', kind: 'text', positional: true, suggest: 'service' } },
  examples: ['auth0-logs status', 'auth0-logs status cloudwatch', 'auth0-logs status --json'],
  async run({ client }, { service }) {
    const control = await readControl(client, 'status')
    for (let most = NEWEST_REPORTS; ; most *= 10) {
      const records: NotUnderstood[] = []
      let count = 0
      const leftOut = (one: NotUnderstood) => void (count++ < MOST_NOT_UNDERSTOOD && records.push(one))
      const told = await readReports(client, 'status', most, leftOut)
      const reportsLeftOut = { count, records }
      const status = await readStatus(client, { control, told, service: service as string | undefined, reportsLeftOut })
      // An outage that is older than what was read: its beginning is farther back.
      const cut = status.services.some(({ name, trouble }) => trouble && mayBeOlder(told, name, trouble))
      if (!cut || told.length + count < most || most >= MOST_REPORTS) return status
    }
  },
}

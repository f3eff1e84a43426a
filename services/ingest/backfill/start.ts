// The backfill within an ingest service: its settings, what operators want of it, its reports, its part in the group. Whatever fails here is
// told and tried again: it never ends the service, which takes webhooks meanwhile.
import { openAuth0 } from '../../auth0/client.ts'
import type { Rule } from '../../events/redact.ts'
import { errorText, type Problem } from '../../platform/errors.ts'
import type { Lifecycle } from '../../platform/lifecycle.ts'
import type { Logger } from '../../platform/logger.ts'
import type { Metrics } from '../../platform/metrics.ts'
import { nextRun } from '../../platform/schedule.ts'
import { checkSettings, type Environment, showFields } from '../../platform/settings.ts'
import { version } from '../../platform/version.ts'
import type { KafkaClient } from '../../topics/client.ts'
import { type ControlRecords, type DesiredState, followControl, isDesiredState, publishControl } from '../../topics/control.ts'
import { groupNames } from '../../topics/names.ts'
import type { TopicProducer } from '../../topics/produce.ts'
import { publishReport } from '../../topics/reports.ts'
import { createRuns } from '../../topics/runs.ts'
import type { Store } from '../store.ts'
import { aborted, againAndAgain } from './again.ts'
import { workOfTerm } from './backfill.ts'
import { type Checkpoint, seenMs } from './checkpoint.ts'
import { type Backfill, backfillMetrics, type BackfillSettings } from './contract.ts'
import { backfillFields } from './fields.ts'
import { belong } from './term.ts'

const SERVICE = 'backfill'
const CLOSE_MS = 8_000

/** What is missing where the backfill is on: it needs all of Auth0's settings. */
export function backfillProblems({ backfill, domain, clientId, clientSecret }: BackfillSettings): Problem[] {
  // Undefined where BACKFILL itself is no choice: that is told by its row.
  if (backfill !== 'poll' && backfill !== 'reconcile') return []
  const needed = { AUTH0_DOMAIN: domain, AUTH0_CLIENT_ID: clientId, AUTH0_CLIENT_SECRET: clientSecret }
  return Object.entries(needed).flatMap(([setting, value]) =>
    value ? [] : [{ setting, problem: `is missing: BACKFILL=${backfill} reads the Management API` }],
  )
}

export type BackfillOptions = {
  env: Environment
  client: KafkaClient
  producer: TopicProducer
  store: Store
  redacted: readonly Rule[]
  instance: string
  metrics: Metrics
  log: Logger
  lifecycle: Pick<Lifecycle, 'onClose' | 'signal'>
}

/** Resolves at once; the work begins when it is this instance's turn. Never rejects. Kafka answers already. */
export async function startBackfill(options: BackfillOptions): Promise<void> {
  const { env, client, producer, store, redacted, instance, metrics, log, lifecycle } = options
  const stop = new AbortController()
  const signal = AbortSignal.any([lifecycle.signal, stop.signal])
  let current: Checkpoint | undefined
  const wanted = createWanted(env, log)

  const age = () => {
    const seen = current ? seenMs(current) : 0
    return seen === 0 ? undefined : (Date.now() - seen) / 1000
  }
  const runs = createRuns({
    service: SERVICE,
    instance,
    publish: (report) =>
      publishReport(client, producer, report).catch((error) =>
        log.warn({ error: errorText(error) }, 'the report of a run could not be written'),
      ),
    place: () => ({ offsets: {}, checkpoint: current?.checkpoint ?? '' }),
    nextRun: () => nextRun({ pattern: wanted.settings().schedule, zone: wanted.settings().zone }),
    counted: ['missing', 'recovered'],
  })
  const parts = {
    client,
    store,
    settings: wanted.settings,
    state: wanted.state,
    records: wanted.records,
    async writeJob(key: string, value: object) {
      await publishControl(client, producer, key, value)
      wanted.records().set(key, value)
    },
    redacted,
    runs,
    metrics: backfillMetrics(metrics, age),
    log,
    onCheckpoint: (checkpoint: Checkpoint | undefined) => {
      current = checkpoint
    },
  }
  const failed = (error: unknown, againMs: number) => {
    const isSession = /session timeout/i.test(errorText(error))
    const hint = isSession
      ? `; set KAFKA_SESSION_TIMEOUT, which is ${client.settings.sessionTimeout} s, to what the cluster allows`
      : ''
    const text = `${errorText(error)}${hint}`
    const stack = error instanceof TypeError || error instanceof RangeError ? error.stack : undefined
    log.error(
      { error: text, stack, retry_in_ms: againMs },
      'the backfill has ended by an error and begins again; no log is lost, the webhook goes on',
    )
    void runs.troubled('failed', text)
  }

  async function run(): Promise<void> {
    const backfill: Backfill = { ...parts, auth0: await openAuth0(wanted.settings()) }
    await publishControl(client, producer, `service/${SERVICE}`, describe(env, client, wanted.settings()))
    await belong({ client, log, work: (term) => workOfTerm(backfill, term), failed }, signal)
  }
  const working = Promise.all([
    againAndAgain(() => wanted.follow(client, signal), failed, signal),
    Promise.race([wanted.ready, aborted(signal)]).then(
      () => againAndAgain(run, failed, signal),
      () => {}, // closing already
    ),
  ])
  const window = setInterval(() => current && void runs.window(), wanted.settings().runWindow * 1000)
  lifecycle.onClose('reports', () => {
    clearInterval(window)
    return runs.end()
  })
  lifecycle.onClose(
    'backfill',
    () => {
      stop.abort(new Error('the service is closing'))
      return working
    },
    CLOSE_MS,
  )
}

/** What operators want: state and settings of the backfill, its jobs. Wins over the environment. */
function createWanted(env: Environment, log: Logger) {
  let state: DesiredState = 'running'
  let settings = settingsWith(env, {})
  let records: ControlRecords = new Map()
  const ready = Promise.withResolvers<void>()

  function changed(key: string, value: unknown): void {
    const record = (typeof value === 'object' && value !== null ? value : {}) as Record<string, unknown>
    if (key === `state/${SERVICE}`) {
      state = isDesiredState(record.state) ? record.state : 'running'
      log.info({ state }, 'state of the backfill')
    } else if (key === `settings/${SERVICE}`) {
      try {
        settings = settingsWith(env, textsOf(record.values))
        log.info({ values: record.values, by: record.by }, 'settings of the backfill')
      } catch (error) {
        log.error(
          { error: errorText(error), by: record.by },
          "an operator's settings are not understood: those before stay in force",
        )
      }
    }
  }
  return {
    state: () => state,
    settings: () => settings,
    records: () => records,
    /** Resolves when the control topic has been read once. */
    ready: ready.promise,
    /** Follows the control topic until the signal is aborted. @throws when it can be followed no longer */
    async follow(client: KafkaClient, signal: AbortSignal): Promise<void> {
      const lost = Promise.withResolvers<never>()
      lost.promise.catch(() => {}) // lost before anybody waits for it
      const control = await followControl(client, SERVICE, changed, lost.reject)
      records = control.records
      for (const key of [`state/${SERVICE}`, `settings/${SERVICE}`]) changed(key, records.get(key))
      ready.resolve()
      try {
        await Promise.race([lost.promise, aborted(signal)])
      } finally {
        await control.close()
      }
    },
  }
}

/** Others may have written the record: what is no text is left out. */
function textsOf(values: unknown): Record<string, string> {
  if (typeof values !== 'object' || values === null) return {}
  return Object.fromEntries(Object.entries(values).filter((entry): entry is [string, string] => typeof entry[1] === 'string'))
}

function describe(env: Environment, client: KafkaClient, { startFrom }: BackfillSettings): object {
  return {
    service: SERVICE,
    kind: 'backfill',
    version,
    group: groupNames.backfill(client.settings.prefix),
    started_at: new Date().toISOString(),
    state: 'running',
    sandbox: false,
    start_from: startFrom,
    fields: showFields(backfillFields(env), env),
  }
}

function settingsWith(env: Environment, values: Readonly<Record<string, string>>): BackfillSettings {
  const merged = { ...env, ...values }
  const fields = backfillFields(merged)
  const { settings, problems } = checkSettings(fields, merged)
  const own = problems.filter(({ setting }) => Object.values(fields).some(({ names }) => names.includes(setting)))
  if (own.length > 0) throw new Error(own.map(({ setting, problem }) => `${setting}: ${problem}`).join('; '))
  return settings
}

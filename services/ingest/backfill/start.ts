// The backfill within an ingest service: its settings, what operators wish of it, its reports, its part in the group.
import type { Rule } from '../../events/redact.ts'
import { errorText } from '../../platform/errors.ts'
import type { Lifecycle } from '../../platform/lifecycle.ts'
import type { Logger } from '../../platform/logger.ts'
import type { Metrics } from '../../platform/metrics.ts'
import type { Problem } from '../../platform/errors.ts'
import { nextRun } from '../../platform/schedule.ts'
import { checkSettings, type Environment, showFields } from '../../platform/settings.ts'
import { version } from '../../platform/version.ts'
import type { KafkaClient } from '../../topics/client.ts'
import {
  type DesiredState,
  followControl,
  isDesiredState,
  publishControl,
  type SettingsRecord,
  type StateRecord,
} from '../../topics/control.ts'
import { groupNames } from '../../topics/names.ts'
import type { TopicProducer } from '../../topics/produce.ts'
import { publishReport } from '../../topics/reports.ts'
import { createRuns } from '../../topics/runs.ts'
import type { Store } from '../store.ts'
import { openAuth0 } from './auth0.ts'
import { runTerm } from './backfill.ts'
import type { BackfillSettings } from './contract.ts'
import { type Checkpoint, seenMs } from './checkpoint.ts'
import { backfillFields } from './fields.ts'
import { backfillMetrics } from './metrics.ts'
import { joinBackfill } from './term.ts'

const SERVICE = 'backfill'

/** What is missing where the backfill is on: it needs all of Auth0's settings. */
export function backfillProblems({ backfill, domain, clientId, clientSecret }: BackfillSettings): Problem[] {
  if (backfill === 'off') return []
  const needed = { AUTH0_DOMAIN: domain, AUTH0_CLIENT_ID: clientId, AUTH0_CLIENT_SECRET: clientSecret }
  return Object.entries(needed).flatMap(([setting, value]) =>
    value ? [] : [{ setting, problem: `is missing: BACKFILL=${backfill} reads the Management API` }],
  )
}

/** Resolves when this instance has joined; the work begins when it is its turn. Kafka answers already. */
export async function startBackfill(options: {
  env: Environment
  client: KafkaClient
  producer: TopicProducer
  store: Store
  redacted: readonly Rule[]
  instance: string
  metrics: Metrics
  log: Logger
  lifecycle: Lifecycle
}): Promise<void> {
  const { env, client, producer, store, redacted, instance, metrics, log, lifecycle } = options
  let reached: Checkpoint | undefined
  let state: DesiredState = 'running'
  let settings = settingsWith(env, {})
  const control = await followControl(client, SERVICE, changed, lifecycle.fail)
  lifecycle.onClose('control', control.close)
  for (const key of [`state/${SERVICE}`, `settings/${SERVICE}`]) changed(key, control.records.get(key))
  await publishControl(client, producer, `service/${SERVICE}`, {
    service: SERVICE,
    kind: 'backfill',
    version,
    group: groupNames.backfill(client.settings.prefix),
    started_at: new Date().toISOString(),
    state: 'running',
    sandbox: false,
    start_from: settings.startFrom,
    fields: showFields(backfillFields(env), env),
  })

  const age = () => {
    const seen = reached ? seenMs(reached) : 0
    return seen === 0 ? undefined : (Date.now() - seen) / 1000
  }
  const runs = createRuns({
    service: SERVICE,
    instance,
    publish: (report) =>
      publishReport(client, producer, report).catch((error) =>
        log.warn({ error: errorText(error) }, 'the report of a run could not be written'),
      ),
    place: () => ({ offsets: {}, checkpoint: reached?.checkpoint ?? '' }),
    nextRun: () => nextRun({ pattern: settings.schedule, zone: settings.zone }),
    counted: ['missing', 'recovered'],
  })
  const backfill = {
    client,
    auth0: await openAuth0(settings),
    store,
    settings: () => settings,
    state: () => state,
    records: control.records,
    async writeJob(key: string, value: object) {
      await publishControl(client, producer, key, value)
      control.records.set(key, value)
    },
    redacted,
    runs,
    metrics: backfillMetrics(metrics, age),
    log,
    reached: (checkpoint: Checkpoint) => {
      reached = checkpoint
    },
  }
  const window = setInterval(() => reached && void runs.window(), settings.runWindow * 1000)
  lifecycle.onClose('reports', () => {
    clearInterval(window)
    return runs.end()
  })
  const group = await joinBackfill(
    client,
    log,
    (term) => runTerm(backfill, term).finally(() => (reached = undefined)),
    lifecycle.fail,
  )
  lifecycle.onClose('backfill', group.close, 8_000)

  /** What an operator wrote wins over the environment; what is not understood is left out, loudly. */
  function changed(key: string, value: unknown): void {
    if (key === `state/${SERVICE}`) {
      const wish = (value as StateRecord | undefined)?.state
      state = isDesiredState(wish) ? wish : 'running'
      log.info({ state }, 'state of the backfill')
    } else if (key === `settings/${SERVICE}`) {
      const { values = {}, by } = (value ?? {}) as Partial<SettingsRecord>
      try {
        settings = settingsWith(env, values)
        log.info({ values, by }, 'settings of the backfill')
      } catch (error) {
        log.error({ error: errorText(error), by }, "an operator's settings are not understood: those before stay in force")
      }
    }
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

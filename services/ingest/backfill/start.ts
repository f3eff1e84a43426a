// The backfill within an ingest service: what operators want of it, its reports, its part in the group. Whatever fails here is told and
// tried again: it never ends the service, which takes webhooks meanwhile.
import { openAuth0 } from '../../auth0/client.ts'
import type { Rule } from '../../events/redact.ts'
import { errorText } from '../../platform/errors.ts'
import { aborted, type Lifecycle } from '../../platform/lifecycle.ts'
import type { Logger } from '../../platform/logger.ts'
import type { Metrics } from '../../platform/metrics.ts'
import { nextRun } from '../../platform/schedule.ts'
import { type Environment, showFields } from '../../platform/settings.ts'
import type { KafkaClient } from '../../topics/client.ts'
import { publishControl } from '../../topics/control.ts'
import { groupNames } from '../../topics/names.ts'
import type { TopicProducer } from '../../topics/produce.ts'
import { publishReport } from '../../topics/reports.ts'
import { createRuns } from '../../topics/runs.ts'
import { againAndAgain, announce, followOrders } from '../../topics/service.ts'
import type { Store } from '../store.ts'
import { workOfTerm } from './backfill.ts'
import { type Checkpoint, seenMs } from './checkpoint.ts'
import type { Backfill } from './contract.ts'
import { backfillFields, settingsWith } from './fields.ts'
import { backfillMetrics } from './metrics.ts'
import { belong } from './term.ts'

const SERVICE = 'backfill'
const CLOSE_MS = 8_000

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

/** Answers at once; the work begins when it is this instance's turn. Kafka answers already. */
export function startBackfill(options: BackfillOptions): void {
  const { env, client, producer, store, redacted, instance, log, lifecycle } = options
  const { signal } = lifecycle
  let settings = settingsWith(env, {})
  let current: Checkpoint | undefined
  const age = () => {
    const seen = current ? seenMs(current) : 0
    return seen === 0 ? undefined : (Date.now() - seen) / 1000
  }
  const metrics = backfillMetrics(options.metrics, age)
  const runs = createRuns({
    service: SERVICE,
    instance,
    publish: (report) =>
      publishReport(client, producer, report).catch((error) =>
        log.warn({ error: errorText(error) }, 'the report of a run could not be written'),
      ),
    place: () => ({ offsets: {}, checkpoint: current?.checkpoint ?? '' }),
    nextRun: () => nextRun({ pattern: settings.schedule, zone: settings.zone }),
    counted: ['missing', 'recovered'],
  })

  function changed(values: Readonly<Record<string, string>>, by: string | undefined): void {
    try {
      settings = settingsWith(env, values)
      log.info({ values, by }, 'settings of the backfill')
    } catch (error) {
      log.error({ error: errorText(error), by }, "an operator's settings are not understood: those before stay in force")
    }
  }

  function failed(error: unknown, againMs: number): void {
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

  /** Follows what operators want and belongs to the group, until the service closes. @throws when either has ended by itself */
  async function run(): Promise<void> {
    const over = new AbortController()
    const following = AbortSignal.any([signal, over.signal])
    const control = await followOrders(client, SERVICE, {
      fallback: 'running',
      log,
      state: () => {},
      settings: changed,
      lost: (error) => over.abort(error),
    })
    // Closed beside the group, not after it: together they would take too long where Kafka is away.
    const closed = aborted(following).catch(control.close)
    closed.catch(() => {}) // thrown where it is awaited
    try {
      const { state, runAt, records } = control
      const backfill: Backfill = {
        client,
        producer,
        auth0: await openAuth0(settings),
        store,
        settings: () => settings,
        state,
        runAt,
        records,
        async writeJob(key, value) {
          await publishControl(client, producer, key, value)
          if (value === null) records.delete(key)
          else records.set(key, value)
        },
        redacted,
        runs,
        metrics,
        log,
        onCheckpoint: (checkpoint) => (current = checkpoint),
      }
      const group = groupNames.backfill(client.settings.prefix)
      const fields = showFields(backfillFields(env), env)
      await announce(client, producer, { service: SERVICE, kind: 'backfill', group, start_from: settings.startFrom, fields })
      await belong({ client, log, work: (term) => workOfTerm(backfill, term), failed }, following)
      over.signal.throwIfAborted()
    } finally {
      over.abort()
      await closed
    }
  }

  const working = againAndAgain(run, failed, signal)
  const window = setInterval(() => current && void runs.window(), settings.runWindow * 1000)
  lifecycle.onClose('reports', () => {
    clearInterval(window)
    return runs.end()
  })
  lifecycle.onClose('backfill', () => working, CLOSE_MS)
}

// The shell of every service: it waits for Kafka, says in the control topic what it is, and follows what operators ask of it.
import { backoffMs } from '../platform/backoff.ts'
import { errorText } from '../platform/errors.ts'
import { sleep, within } from '../platform/lifecycle.ts'
import type { Logger } from '../platform/logger.ts'
import { version } from '../platform/version.ts'
import type { KafkaClient } from './client.ts'
import {
  type ControlRecords,
  type DesiredState,
  followControl,
  isDesiredState,
  publishControl,
  type ServiceRecord,
  type SettingsRecord,
  type StateRecord,
} from './control.ts'
import type { TopicProducer } from './produce.ts'

const AGAIN_MS = 1_000
/** A failing question is logged at the third attempt and at each such one after it. */
const LOGGED_AT = 3
const LOGGED_EACH = 30

/**
 * Asks until Kafka answers. @param meaning what it means for the logs, in the warning when that takes longer
 * @throws the signal's reason, when the service closes meanwhile
 */
export async function untilKafka<T>(log: Logger, signal: AbortSignal, meaning: string, ask: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await ask()
    } catch (error) {
      signal.throwIfAborted()
      if (attempt % LOGGED_EACH === LOGGED_AT) log.warn({ error: errorText(error) }, `Kafka does not answer; ${meaning}`)
      await sleep(AGAIN_MS, signal)
      signal.throwIfAborted()
    }
  }
}

/** Does it again and again until the service closes, never twice at a time; what fails is done again next time. */
export function repeat(signal: AbortSignal, everyMs: number, log: Logger, work: () => Promise<void> | void): void {
  void (async () => {
    for (; !signal.aborted; await sleep(everyMs, signal)) {
      try {
        await work()
      } catch (error) {
        log.debug({ error: errorText(error) }, 'not done; it is done again')
      }
    }
  })()
}

/** Work that went well for so long has recovered: its next failure is a first one. */
const WELL_MS = 60_000
/** Failures of one cause come at least so far apart: each of them is a line in the log. */
const LEAST_MS = 1_000

/**
 * Runs work that must go on, again after each end by error, until it resolves or the signal is aborted; then it resolves, and never rejects.
 * @param failed told of each end by error, and when the next attempt comes
 */
export async function againAndAgain(
  work: () => Promise<void>,
  failed: (error: unknown, againMs: number) => void,
  signal: AbortSignal,
): Promise<void> {
  for (let attempt = 1; !signal.aborted; attempt++) {
    const began = performance.now()
    try {
      return await work()
    } catch (error) {
      if (signal.aborted) return
      if (performance.now() - began > WELL_MS) attempt = 1
      const againMs = Math.max(LEAST_MS, backoffMs(attempt, Math.random()))
      failed(error, againMs)
      await sleep(againMs, signal)
    }
  }
}

/** Says in the control topic what a service is; what is left out is as of a service that always runs. */
export async function announce(
  client: KafkaClient,
  producer: TopicProducer,
  service: Pick<ServiceRecord, 'service' | 'kind' | 'fields'> & Partial<ServiceRecord>,
): Promise<void> {
  await publishControl(client, producer, `service/${service.service}`, {
    version,
    group: '',
    started_at: new Date().toISOString(),
    state: 'running',
    sandbox: false,
    start_from: '',
    ...service,
  })
}

/** What an operator asks of a service. */
export type Orders = {
  records: ControlRecords
  /** The operator's, else the environment's; what is no state does not count. */
  state: () => DesiredState
  /** When an operator last asked it to run at once, between its ticks; undefined where nobody did. */
  runAt: () => Date | undefined
  close: () => Promise<void>
}

/**
 * Reads the control topic to its end, then follows it. Settings that an operator changed are handed over before it resolves, a state
 * can be read then; each later change is handed over when it comes.
 * @param lost told when the control topic can be followed no longer
 */
export async function followOrders(
  client: KafkaClient,
  service: string,
  options: {
    /** State until an operator changes it. */
    fallback: DesiredState
    log: Logger
    state: (state: DesiredState) => void
    settings: (values: Readonly<Record<string, string>>, by: string | undefined) => void
    /** A job of the service was written, or the state changed. */
    jobs?: (records: ControlRecords, state: DesiredState) => void
    lost: (error: Error) => void
  },
): Promise<Orders> {
  const { fallback, log } = options
  const stateKey = `state/${service}`
  const settingsKey = `settings/${service}`
  const stateOf = (value: unknown) => {
    const asked = (value as Partial<StateRecord> | undefined)?.state
    return isDesiredState(asked) ? asked : fallback
  }
  let state = fallback
  const { records, close } = await followControl(client, service, changed, options.lost)
  if (records.has(settingsKey)) changed(settingsKey, records.get(settingsKey))
  state = stateOf(records.get(stateKey))
  const runAt = () => {
    const asked = (records.get(stateKey) as Partial<StateRecord> | undefined)?.run_at
    return asked === undefined ? undefined : new Date(asked)
  }
  return { records, state: () => state, runAt, close }

  function changed(key: string, value: unknown): void {
    if (key === settingsKey) {
      const { values, by } = (value ?? {}) as Partial<SettingsRecord>
      options.settings(textsOf(values), by)
    }
    if (key === stateKey) {
      state = stateOf(value)
      log.info({ state, by: (value as Partial<StateRecord> | undefined)?.by }, 'state changed by an operator')
      options.state(state)
    }
    if (key === stateKey || key.startsWith(`job/${service}/`)) options.jobs?.(records, state)
  }
}

/** Settings are texts; a foreign record may hold anything. */
function textsOf(values: unknown): Record<string, string> {
  const entries = typeof values === 'object' && values !== null ? Object.entries(values) : []
  return Object.fromEntries(entries.filter((entry): entry is [string, string] => typeof entry[1] === 'string'))
}

/** Whether Kafka answers, asked again and again; told once when that changes. */
export type KafkaWatch = { answers: () => boolean; problem: () => string | undefined }

const ASK_MS = 5_000
const ANSWER_MS = 10_000

/** @param ask resolves when Kafka answers @param meaning what it means for the logs that it does not */
export function watchKafka(
  log: Logger,
  signal: AbortSignal,
  ask: () => Promise<void>,
  meaning: { away: string; back: string },
): KafkaWatch {
  let problem: string | undefined
  repeat(signal, ASK_MS, log, async () => {
    const before = problem
    try {
      await within(ask(), ANSWER_MS, 'asking Kafka')
      problem = undefined
    } catch (error) {
      problem = `Kafka does not answer (${errorText(error)})`
    }
    if (signal.aborted) return
    if (before && !problem) log.info(`Kafka answers again; ${meaning.back}`)
    if (!before && problem) log.warn({ problem }, `Kafka does not answer; ${meaning.away}`)
  })
  return { answers: () => problem === undefined, problem: () => problem }
}

// One job of a sink in this process: the steps of the live group without dedupe, beside it, in a group of its own.
import { errorText } from '../../platform/errors.ts'
import type { Logger } from '../../platform/logger.ts'
import type { KafkaClient } from '../../topics/client.ts'
import { consume, type GroupConsumer, type KafkaMessage } from '../../topics/consume.ts'
import type { JobRecord } from '../../topics/control.ts'
import { letterOf } from '../../topics/dead-letters.ts'
import { committedOffsets, logRanges } from '../../topics/groups.ts'
import { asksFor, jobPlace, redriveOf } from '../../topics/jobs.ts'
import { toRecord } from '../../topics/read.ts'
import { type DeadLetter, decodeAccount, newAccount } from '../../topics/records.ts'
import type { Connection, Limits } from './contract.ts'
import { createDedupe, noDedupe, WINDOW_IDS } from './dedupe.ts'
import { createFlow } from './flow.ts'
import { followBreaks } from './breaks.ts'
import { nextOf, type Place } from './lane.ts'
import type { Trouble } from './patience.ts'
import type { FlowOptions } from './term.ts'

/** What a job needs of its sink. */
export type JobSink = {
  client: KafkaClient
  /** As the settings are now. */
  steps: () => Pick<FlowOptions, 'limits' | 'filter' | 'redact' | 'encode'>
  connect: () => Promise<Connection<unknown>>
  sendDeadLetters: (letters: DeadLetter[]) => Promise<void>
  log: Logger
}

export type RunningJob = {
  setPaused: (paused: boolean) => void
  /** Whether this member has the job's first range, and all that it has is done and committed. */
  first: () => boolean
  trouble: () => Trouble | undefined
  /** Commits what is delivered and leaves the group. */
  close: () => Promise<void>
}

/** @param earlier other redrives of this sink: what belongs to one of them is not sent again */
export async function startJob(
  sink: JobSink,
  job: JobRecord,
  earlier: readonly JobRecord[],
  watch: { troubled: (trouble: Trouble) => void; recovered: () => void; crashed: (error: Error) => void },
): Promise<RunningJob> {
  const { client, log } = sink
  const { group, topic } = jobPlace(client, job)
  const steps = sink.steps()
  const connection = await sink.connect()
  const closing = new AbortController()
  const flow = createFlow({
    ...steps,
    limits: gentle(steps.limits, job.rate),
    inFlight: 1, // a crash repeats one batch at most
    partitions: () => job.ranges.length,
    connection,
    places: (partitions) => jobPlaces(client, group, topic, job, partitions),
    sendDeadLetters: sink.sendDeadLetters,
    crashed: watch.crashed,
    topic,
    log: log.child({ job: job.id }),
    watch: {
      ended() {},
      expired() {},
      delivered() {},
      retried() {},
      broken() {},
      troubled: watch.troubled,
      recovered: watch.recovered,
    },
    ...(job.kind === 'redrive'
      ? // Each failure of an event made a dead letter, at every replay a new one: it goes out once.
        {
          leaveOut: (message) => notAsked(job, earlier, message),
          dedupe: () => createDedupe(WINDOW_IDS, Number.POSITIVE_INFINITY),
        }
      : { dedupe: noDedupe }),
  })
  let consumer: GroupConsumer
  try {
    consumer = await consume(client, { group, topic, handlers: flow.handlers })
  } catch (error) {
    await connection.close()
    throw error
  }
  flow.attach(consumer)
  void followBreaks(connection, flow, closing.signal)
  const firstRange = Math.min(...job.ranges.map(({ partition }) => partition))
  return {
    setPaused: (paused) => flow.setPaused(paused),
    trouble: () => flow.trouble(),
    first() {
      const lanes = flow.lanes()
      return (
        lanes.some(({ partition }) => partition === firstRange) &&
        lanes.every(({ committed, until }) => nextOf(committed) >= until)
      )
    },
    async close() {
      closing.abort()
      await flow.bringHome()
      await consumer
        .close()
        .catch((error) => log.warn({ error: errorText(error), group }, 'the consumer group could not be left'))
      await connection.close()
    },
  }
}

/** No batch is more than a second of the rate: what follows waits no longer. */
function gentle(limits: Limits, rate: number): Limits {
  if (rate <= 0) return limits
  const perSecond = Math.min(rate, limits.perSecond ?? rate)
  return { ...limits, perSecond, events: Math.min(limits.events, Math.max(1, Math.ceil(perSecond))) }
}

/** Partitions without a range are not read. */
async function jobPlaces(client: KafkaClient, group: string, topic: string, job: JobRecord, own: number[]): Promise<Place[]> {
  const [committed, held] = await Promise.all([committedOffsets(client, group, topic), logRanges(client, topic)])
  return job.ranges.flatMap(({ partition, from, to }) => {
    const range = held.find((one) => one.partition === partition)
    if (!range || !own.includes(partition)) return []
    const { offset, metadata } = committed.find((one) => one.partition === partition) ?? { offset: -1, metadata: '' }
    const at = Math.max(from, offset)
    const account = decodeAccount(metadata, at) ?? newAccount(at)
    return {
      partition,
      account,
      logStart: range.start,
      end: range.end,
      refillFrom: job.kind === 'redrive' ? from : at,
      until: Math.min(to, Math.max(range.end, at)), // a topic that was made anew may end before
    }
  })
}

/** Why a dead letter is left out, if it is. */
function notAsked(job: JobRecord, earlier: readonly JobRecord[], message: KafkaMessage): string | undefined {
  const { offset, logId, told } = letterOf(toRecord(0, message))
  const letter = { offset, logId, reason: told.reason }
  if (!asksFor(job, letter)) return 'not_asked_for'
  return redriveOf(earlier, letter) ? 'redriven_before' : undefined
}

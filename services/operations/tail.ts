// `tail`: events as they arrive, beside all groups. Personal data is masked unless asked for. Who reads too slowly loses events, counted.
import type { KafkaClient } from '../topics/client.ts'
import { logRanges } from '../topics/groups.ts'
import { topicNames } from '../topics/names.ts'
import { followTopic, type TopicRecord } from '../topics/read.ts'
import { eventFilter, eventInputs } from './event-filter.ts'
import type { Context, Operation, Values } from './operation.ts'
import { type ShownEvent, shownEvent } from './shown-event.ts'

/** Events that wait for a slow reader; what comes then is left out. */
const WAITING = 1_000
const RUN_MS = 5_000

export type TailOptions = {
  /** Which type codes come; undefined for all. */
  passes?: (type: string) => boolean
  unmask?: boolean
}
/**
 * Follows the topic from its end until the signal is aborted. `emit` is called for one at a time and waited for; 1,000 events wait
 * meanwhile, of more it is said how many were left out.
 * @throws when the topic can be followed no longer
 */
export async function followEvents(
  client: KafkaClient,
  { passes = () => true, unmask = false }: TailOptions,
  emit: (event: ShownEvent | { left_out: number }) => void | Promise<void>,
  signal: AbortSignal,
): Promise<void> {
  const topic = topicNames.events(client.settings.prefix)
  const ends = new Map((await logRanges(client, topic)).map(({ partition, end }) => [partition, end]))
  const waiting: TopicRecord[] = []
  let leftOut = 0
  let failure: Error | undefined
  let came = Promise.withResolvers<void>()
  const take = (record: TopicRecord) => {
    if (!passes(record.headers.type ?? '')) return
    if (waiting.length < WAITING) waiting.push(record)
    else leftOut++
    came.resolve()
  }
  const reading = await followTopic(client, 'tail', topic, ends, take, (error) => {
    failure = error
    came.resolve()
  })
  const wake = () => came.resolve()
  signal.addEventListener('abort', wake, { once: true })
  try {
    while (!signal.aborted) {
      await came.promise
      came = Promise.withResolvers<void>()
      if (failure) throw failure
      for (let record = waiting.shift(); record && !signal.aborted; record = waiting.shift())
        await emit(shownEvent(record, unmask))
      if (leftOut > 0 && !signal.aborted) {
        const missed = leftOut
        leftOut = 0
        await emit({ left_out: missed })
      }
    }
  } finally {
    signal.removeEventListener('abort', wake)
    await reading.close()
  }
}

export const tail: Operation = {
  name: 'tail',
  summary: 'events as they arrive, with personal data masked',
  role: 'viewer',
  inputs: {
    ...eventInputs,
    unmask: { meaning: 'show personal data', kind: 'boolean', default: false },
  },
  examples: ['auth0-logs tail', 'auth0-logs tail --type f,fp --level 3', 'auth0-logs tail --sink segment'],
  looks: ({ unmask }) => !unmask,
  async run(context, values) {
    const events: object[] = []
    const giveUp = AbortSignal.any([context.signal, AbortSignal.timeout(RUN_MS)])
    await followEvents(context.client, await tailOptions(context, values), (event) => void events.push(event), giveUp)
    return { seconds: RUN_MS / 1000, events }
  },
  async stream(context, values, emit) {
    await followEvents(context.client, await tailOptions(context, values), emit, context.signal)
  },
}

async function tailOptions(context: Context, values: Values): Promise<TailOptions> {
  return { passes: await eventFilter(context, values), unmask: values.unmask === true }
}

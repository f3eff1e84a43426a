// `replay`: a sink delivers again from a position on (offset reset), or a range again beside the live group (job).
// A dry run is the default, and what it says is what happens.
import { type JobRecord, publishControl, readControl } from '../topics/control.ts'
import { committedOffsets } from '../topics/groups.ts'
import { topicNames } from '../topics/names.ts'
import { jobKey, newJob, newJobId } from '../topics/jobs.ts'
import { askForOlder } from '../topics/older.ts'
import { desiredState, isSink, type Known, knownService } from './services.ts'
import { type Context, type Operation, Refusal, WrongUse } from './operation.ts'
import { DEFAULT_RATE, planReplay, type Preview } from './replay-plan.ts'
import { abortReset, beginReset, finishReset, openReset, openResetText } from './reset.ts'

export type { Preview, PreviewRow } from './replay-plan.ts'

export const DRY_RUN = 'Dry run: nothing was changed. Run again with --apply.'

export type Replayed = Preview & { applied: boolean; job: string; message: string }

export const replay: Operation = {
  name: 'replay',
  summary: 'deliver again: rewind a sink, or re-deliver a range with --to; a dry run unless --apply',
  role: 'operator',
  looks: ({ apply, finish, abort }) => !(apply || finish || abort),
  inputs: {
    sink: { meaning: 'which sink', kind: 'text', required: true, positional: true, suggest: 'sink' },
    from: {
      meaning: 'first to deliver: earliest, latest, a log_id, a time (ISO, -1h, -2d, today, yesterday), offset:<n>, shift:<n>',
      kind: 'text',
    },
    to: {
      meaning: 'last to deliver, written in the same ways: re-delivers the range as a job; without it the sink is rewound',
      kind: 'text',
    },
    partitions: { meaning: 'only these partitions, comma-separated (default: all)', kind: 'list' },
    rate: { meaning: `events a second of a job, 0 = no limit (default ${DEFAULT_RATE})`, kind: 'integer' },
    apply: { meaning: 'apply it; without this it is a dry run', kind: 'boolean', default: false },
    finish: { meaning: 'finish an interrupted rewind', kind: 'boolean', default: false },
    abort: { meaning: 'undo an interrupted rewind', kind: 'boolean', default: false },
  },
  examples: [
    'auth0-logs replay segment --from 2026-01-31T12:00:00Z',
    'auth0-logs replay cloudwatch --from 90020260131120000123000000000000000001223372036854775807 --apply',
    'auth0-logs replay papertrail --from offset:1000 --to offset:1999 --partitions 0,3 --rate 100 --apply',
    'auth0-logs replay segment --finish',
  ],
  async run(context, values) {
    const { client } = context
    const control = await readControl(client, 'replay')
    const known = knownService(control, String(values.sink), isSink)
    const open = openReset(control, known.name)
    if (values.finish || values.abort) {
      if (values.finish && values.abort) throw new WrongUse('abort', 'and finish exclude each other')
      if (!open) throw new Refusal(`No interrupted rewind of ${known.name} to ${values.finish ? 'finish' : 'abort'}`)
      if (values.finish) await finishReset(context, open)
      const undone = values.finish || (await abortReset(context, open))
      const place = { before: open.plan.before, after: await offsetsOf(context, known) }
      const message = values.finish
        ? `finished: ${known.name} stands at ${open.from}, its state is as before`
        : undone
          ? `aborted: offsets and state of ${known.name} are as before`
          : `${known.name} had gone on from the new offsets: they stay; the state is as before`
      return { sink: known.name, message, ...place }
    }
    if (open) throw new Refusal(openResetText(open))
    const { preview, offsets, ranges } = await planReplay(context, known, values)
    if (!values.apply) return { ...preview, applied: false, job: '', message: DRY_RUN }
    if (preview.kind === 'job') return applyJob(context, known, preview, ranges)
    return { ...preview, ...(await applyReset(context, known, preview.from, offsets)) }
  },
}

/** Sets the group's offsets, and says what was done. */
async function applyReset(context: Context, known: Known, from: string, offsets: Map<number, number>) {
  const before = await offsetsOf(context, known)
  await beginReset(context, known, from, offsets)
  const message = `${known.name} is set to ${from}; its state is ${desiredState(known)} as before`
  return { applied: true, job: '', message, before, after: [...offsets] }
}

/**
 * START_FROM of a sink, as an operator sets it: the sink delivers again from there, every time it is asked; what is older than the topic
 * is asked of the backfill.
 * @throws WrongUse for what is no position, Refusal while another reset is open
 */
export async function rewind(context: Context, known: Known, from: string): Promise<{ message: string; warnings: string[] }> {
  const { client, producer, by } = context
  const records = await readControl(client, 'replay')
  const open = openReset(records, known.name)
  if (open) throw new Refusal(openResetText(open))
  const { preview, offsets } = await planReplay(context, known, { from })
  const { message } = await applyReset(context, known, from, offsets)
  const older = await askForOlder(client, producer, { startFrom: from, by, records })
  const told = `${message}; ${preview.events} events from there on${older?.isAsked ? `. ${older.told}` : ''}`
  return { message: told, warnings: [...preview.warnings, ...(older && !older.isAsked ? [older.told] : [])] }
}

async function applyJob(context: Context, known: Known, preview: Preview, ranges: JobRecord['ranges']): Promise<object> {
  const job = await requestJob(context, known, { kind: 'replay', ranges, from: preview.from, to: preview.to, rate: preview.rate })
  const message = `Job ${job} created; ${waitsFor(known, job)}`
  return { ...preview, applied: true, job, message, before: null, after: { job } }
}

/** Writes the record of a job that the sink's own service carries out. Answers its id. @throws Refusal where there is nothing to do */
export async function requestJob(
  { client, producer, by }: Context,
  known: Known,
  given: Pick<JobRecord, 'kind' | 'ranges' | 'from' | 'to' | 'rate'> & Pick<Partial<JobRecord>, 'reason' | 'log_id' | 'offsets'>,
): Promise<string> {
  if (given.ranges.length === 0) throw new Refusal('Nothing is in this range, so no job was created')
  const record = newJob({ id: newJobId(), service: known.name, by, ...given })
  await publishControl(client, producer, jobKey(record), record)
  return record.id
}

/** What happens next to a job, in words. */
export function waitsFor(known: Known, job: string): string {
  const state = desiredState(known)
  const how = `progress: auth0-logs jobs show ${job}`
  return state === 'running'
    ? `${known.name} picks it up; ${how}`
    : `${known.name} is ${state}: it waits until the sink runs; ${how}`
}

async function offsetsOf({ client }: Context, { record }: Known): Promise<[number, number][]> {
  const committed = await committedOffsets(client, record.group, topicNames.events(client.settings.prefix))
  return committed.map(({ partition, offset }) => [partition, offset])
}

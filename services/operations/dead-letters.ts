// `dead-letters list`, `show`, `redrive`: what could not be delivered, why, and once more to its sink.
import { type JobRecord, readControl } from '../topics/control.ts'
import { readDeadLetters, type StoredLetter } from '../topics/dead-letters.ts'
import { existingTopics } from '../topics/groups.ts'
import { isOpen, jobsOf, redriveOf, sinkOf } from '../topics/jobs.ts'
import { topicNames } from '../topics/names.ts'
import { isSink, type Known, knownService } from './known.ts'
import { type Context, type Operation, Refusal, type Values, WrongUse } from './operation.ts'
import { endOffsets, firstOffsets, heldRanges, parsePosition } from './places.ts'
import { DEFAULT_RATE, requestJob, waitsFor } from './replay.ts'

/** `redriven` is the id of the job that it belongs to, empty where it waits. `from…` is the record that it came from. */
export type LetterRow = {
  offset: number
  at: string
  logId: string
  stage: string
  reason: string
  error: string
  attempts: number
  fromTopic: string
  fromPartition: string
  fromOffset: string
  redriven: string
}
export type ReasonRow = { reason: string; count: number; redriven: number; first: string; last: string; error: string }

const DEFAULT_LIMIT = 20

const sink = {
  meaning: 'whose dead letters: a sink, or ingest',
  kind: 'text',
  required: true,
  positional: true,
  suggest: 'sink',
} as const
const selection = {
  reason: { meaning: 'only with this reason, e.g. http_400', kind: 'text' },
  log_id: { meaning: 'only of this event', kind: 'text' },
  from: { meaning: 'first: earliest, a log_id, an ISO time, offset:<n> of the dead letters', kind: 'text', default: 'earliest' },
  to: { meaning: 'last, in the same words', kind: 'text', default: 'latest' },
} as const

export const deadLettersList: Operation = {
  name: 'dead-letters list',
  summary: 'what could not be delivered: reasons with counts, then the newest',
  role: 'viewer',
  inputs: { sink, ...selection, limit: { meaning: 'how many of the newest', kind: 'integer', default: DEFAULT_LIMIT } },
  examples: ['auth0-logs dead-letters list segment', 'auth0-logs dead-letters list cloudwatch --reason too_old --limit 100'],
  async run(context, values) {
    const { known, jobs } = await opened(context, values.sink)
    const { reasons, letters, total, redriven } = await gathered(context, known, jobs, values, Number(values.limit))
    return { sink: known.name, total, redriven, reasons, letters: letters.toReversed() }
  },
}

export const deadLettersShow: Operation = {
  name: 'dead-letters show',
  summary: 'one dead letter: its story and the event itself, with its personal data',
  role: 'operator',
  inputs: { sink, offset: { meaning: 'its offset, as the list shows it', kind: 'integer', required: true, positional: true } },
  examples: ['auth0-logs dead-letters show segment 17'],
  async run(context, values) {
    const { known, jobs } = await opened(context, values.sink)
    const offset = Number(values.offset)
    let found: StoredLetter | undefined
    await readDeadLetters(
      context.client,
      sinkOf(known.name),
      { from: offset, to: offset + 1 },
      (letter) => void (found = letter),
      context.signal,
    )
    if (!found) throw new Refusal(`there is no dead letter at offset ${offset}: it has expired or is not written yet`)
    return { sink: known.name, ...rowOf(found, jobs), headers: found.headers, ...bodyOf(found.value) }
  },
}

export const deadLettersRedrive: Operation = {
  name: 'dead-letters redrive',
  summary: 'deliver dead letters once more to their sink; a dry run unless --apply',
  role: 'operator',
  looks: ({ apply }) => !apply,
  inputs: {
    sink: { ...sink, meaning: 'which sink' },
    ...selection,
    rate: { meaning: 'events a second, 0 without a limit', kind: 'integer', default: DEFAULT_RATE },
    apply: { meaning: 'do it; a preview without', kind: 'boolean', default: false },
  },
  examples: [
    'auth0-logs dead-letters redrive segment --reason http_400',
    'auth0-logs dead-letters redrive segment --reason http_400 --apply',
  ],
  async run(context, values) {
    const { known, jobs } = await opened(context, values.sink)
    if (!isSink(known))
      throw new Refusal(`what ${known.name} put aside is no event that a sink could take: dead-letters show has the bytes`)
    const under = jobs.find((job) => job.kind === 'redrive' && isOpen(job))
    const { waiting, total, redriven, first, last } = await gathered(context, known, jobs, values, 0)
    const reasons = [...waiting].map(([reason, count]) => ({ reason, count })).toSorted((a, b) => b.count - a.count)
    const events = reasons.reduce((sum, { count }) => sum + count, 0)
    const repeats = total - redriven - events
    const preview = { sink: known.name, events, reasons, redriven, repeats, rate: Number(values.rate), applied: false, job: '' }
    if (!values.apply) return { ...preview, message: 'a preview: nothing was changed; --apply does it' }
    if (under)
      throw new Refusal(`job ${under.id} is redriving dead letters of ${known.name}: wait for its end, or cancel it first`)
    if (events === 0) {
      const why = redriven > 0 ? `the ${redriven} that fit were redriven before` : 'none fits'
      throw new Refusal(`there is no dead letter to redrive: ${why}`)
    }
    const job = await requestJob(context, known, {
      kind: 'redrive',
      ranges: [{ partition: 0, from: first, to: last + 1 }],
      from: String(values.from),
      to: String(values.to),
      rate: Number(values.rate),
      reason: String(values.reason ?? ''),
      log_id: String(values.log_id ?? ''),
    })
    return {
      ...preview,
      applied: true,
      job,
      message: `job ${job} is written; ${waitsFor(known, job)}`,
      before: null,
      after: { job },
    }
  },
}

async function opened({ client }: Context, name: Values[string]): Promise<{ known: Known; jobs: JobRecord[] }> {
  const control = await readControl(client, 'dead-letters')
  const known = knownService(control, String(name), (one) => isSink(one) || one.record.kind === 'ingest')
  return { known, jobs: jobsOf(control, known.name) }
}

/**
 * What fits: sums by reason, most first, and the newest `most` in order. `waiting`: events that a redrive sends, by reason, each once
 * however many dead letters it has; `first` and `last`: their offsets.
 */
async function gathered(context: Context, known: Known, jobs: JobRecord[], values: Values, most: number) {
  const { client, signal, progress } = context
  const range = await rangeOf(context, known, values)
  const reasons = new Map<string, ReasonRow>()
  const newest: StoredLetter[] = []
  const waiting = new Map<string, number>()
  const seen = new Set<string>()
  const counts = { total: 0, redriven: 0, first: -1, last: -1 }
  let read = 0
  const take = (letter: StoredLetter) => {
    if (++read % 10_000 === 0) progress(read, range.to - range.from, 'reading dead letters')
    const { reason = '', error = '' } = letter.headers
    if (values.reason !== undefined && reason !== values.reason) return
    if (values.log_id !== undefined && letter.logId !== values.log_id) return
    const at = new Date(letter.receivedAt).toISOString()
    const row = reasons.get(reason) ?? { reason, count: 0, redriven: 0, first: at, last: at, error }
    reasons.set(reason, Object.assign(row, { count: row.count + 1, last: at, error }))
    counts.total++
    if (redriveOf(jobs, { offset: letter.offset, reason, logId: letter.logId })) {
      row.redriven++
      counts.redriven++
    } else {
      if (counts.first < 0) counts.first = letter.offset
      counts.last = letter.offset
      if (letter.logId === '' || !seen.has(letter.logId)) waiting.set(reason, (waiting.get(reason) ?? 0) + 1)
      seen.add(letter.logId)
    }
    newest.push(letter)
    if (newest.length > 2 * most + 1) newest.splice(0, newest.length - most)
  }
  if (range.from < range.to) await readDeadLetters(client, sinkOf(known.name), range, take, signal)
  const letters = most > 0 ? newest.slice(-most).map((letter) => rowOf(letter, jobs)) : []
  return { ...counts, waiting, reasons: [...reasons.values()].toSorted((a, b) => b.count - a.count), letters }
}

async function rangeOf({ client }: Context, known: Known, { from, to }: Values): Promise<{ from: number; to: number }> {
  const [begin, end] = [parsePosition('from', String(from)), parsePosition('to', String(to))]
  for (const [field, { kind }] of [
    ['from', begin],
    ['to', end],
  ] as const)
    if (kind === 'shift') throw new WrongUse(field, 'shift has no meaning for dead letters: nobody reads them in turn')
  const topic = topicNames.deadLetters(client.settings.prefix, sinkOf(known.name))
  if ((await existingTopics(client, [topic])).length === 0) return { from: 0, to: 0 }
  const grounds = { topic, ranges: await heldRanges(client, topic), committed: [] }
  const [first, last] = [await firstOffsets(client, grounds, begin), await endOffsets(client, grounds, end)]
  return { from: first.offsets.get(0)!, to: last.offsets.get(0)! }
}

function rowOf({ offset, receivedAt, logId, headers }: StoredLetter, jobs: readonly JobRecord[]): LetterRow {
  const { stage = '', reason = '', error = '', attempts = '0', topic = '', partition = '', offset: fromOffset = '' } = headers
  return {
    offset,
    at: new Date(receivedAt).toISOString(),
    logId,
    stage,
    reason,
    error,
    attempts: Number(attempts),
    fromTopic: topic,
    fromPartition: partition,
    fromOffset,
    redriven: redriveOf(jobs, { offset, reason, logId })?.id ?? '',
  }
}

/** Bytes that are no UTF-8 text are shown as base64. */
function bodyOf(value: Buffer): { body: string; encoding: 'utf8' | 'base64'; bytes: number } {
  const text = value.toString('utf8')
  const isText = Buffer.from(text).equals(value)
  return { body: isText ? text : value.toString('base64'), encoding: isText ? 'utf8' : 'base64', bytes: value.length }
}

// `dead-letters list`, `show`, `export`, `redrive`, `acknowledge`: what could not be delivered, why, and sent again to its sink or put away.
import { publishControl } from '../topics/control.ts'
import { readDeadLetters, type StoredLetter } from '../topics/dead-letters.ts'
import { isOpen, jobKey, newJob, newJobId, sinkOf } from '../topics/jobs.ts'
import { whyHopeless } from './hopeless.ts'
import { isSink } from './services.ts'
import { type WholeLetter, wholeOf } from './letter-rows.ts'
import { gathered, opened, rowsAt, selected, selection } from './letters.ts'
import { type Operation, Refusal } from './operation.ts'
import { DRY_RUN, requestJob, waitsFor } from './replay.ts'
import { DEFAULT_RATE } from './replay-plan.ts'

export type { LetterRow } from './letter-rows.ts'
export type { ReasonRow } from './letters.ts'

const DEFAULT_LIMIT = 20
/** Of one answer: whoever wants more asks again from `next` on. */
const MOST_EXPORTED = 10_000
const MOST_EXPORTED_BYTES = 8 * 1024 * 1024

const sink = {
  meaning: 'whose dead letters: a sink, or ingest',
  kind: 'text',
  required: true,
  positional: true,
  suggest: 'sink',
} as const
export const deadLettersList: Operation = {
  name: 'dead-letters list',
  summary: 'what could not be delivered: reasons with counts, then the newest',
  role: 'viewer',
  inputs: {
    sink,
    ...selection,
    waiting: {
      meaning: 'list only those that no redrive has sent or is to send, and nobody acknowledged',
      kind: 'boolean',
      default: false,
    },
    limit: { meaning: 'rows on a page', kind: 'integer', default: DEFAULT_LIMIT },
    page: { meaning: 'which page of the newest, from 1', kind: 'integer', default: 1 },
  },
  examples: ['auth0-logs dead-letters list segment', 'auth0-logs dead-letters list cloudwatch --reason too_old --limit 100'],
  async run(context, values) {
    const { known, takers } = await opened(context, values.sink)
    const { reasons, places, total, redriven, redriving } = await gathered(context, known, takers, values)
    const listed = values.waiting ? places.waiting : places.all
    const limit = Number(values.limit)
    const end = Math.max(0, listed.length - (Math.max(1, Number(values.page)) - 1) * limit)
    const letters = await rowsAt(context, known, takers, listed.slice(Math.max(0, end - limit), end))
    return { sink: known.name, kind: known.record.kind, total, redriven, redriving, listed: listed.length, reasons, letters }
  },
}

export const deadLettersShow: Operation = {
  name: 'dead-letters show',
  summary: 'one dead letter: why, when, and the event itself with its personal data',
  role: 'operator',
  inputs: { sink, offset: { meaning: 'its offset, as the list shows it', kind: 'integer', required: true, positional: true } },
  examples: ['auth0-logs dead-letters show segment 17'],
  async run(context, values) {
    const { known, takers } = await opened(context, values.sink)
    const offset = Number(values.offset)
    let found: StoredLetter | undefined
    await readDeadLetters(
      context.client,
      sinkOf(known.name),
      { from: offset, to: offset + 1 },
      (letter) => void (found = letter),
      context.signal,
    )
    if (!found) throw new Refusal(`No dead letter at offset ${offset}: it has expired, or does not exist yet`)
    return { sink: known.name, ...wholeOf(found, takers) }
  },
}

export type Exported = { sink: string; letters: WholeLetter[]; next: string }

export const deadLettersExport: Operation = {
  name: 'dead-letters export',
  summary: 'dead letters whole, with the events and their personal data; --json makes a file of them',
  role: 'operator',
  inputs: { sink, ...selection, limit: { meaning: 'how many at most', kind: 'integer', default: MOST_EXPORTED } },
  examples: ['auth0-logs dead-letters export segment --reason http_400 --json > letters.json'],
  /** The oldest first. `next` is the `from` of what is left, empty where all are there. */
  async run(context, values): Promise<Exported> {
    const { known, takers } = await opened(context, values.sink)
    const { range, fits } = await selected(context, known, values)
    const most = Math.min(MOST_EXPORTED, Number(values.limit))
    const letters: WholeLetter[] = []
    let [bytes, next] = [0, '']
    const take = (letter: StoredLetter): 'stop' | void => {
      if (!fits(letter)) return
      if (letters.length >= most || (bytes > 0 && bytes + letter.value.length > MOST_EXPORTED_BYTES)) {
        next = `offset:${letter.offset}`
        return 'stop'
      }
      letters.push(wholeOf(letter, takers))
      bytes += letter.value.length
    }
    if (range.from < range.to) await readDeadLetters(context.client, sinkOf(known.name), range, take, context.signal)
    return { sink: known.name, letters, next }
  },
}

export const deadLettersRedrive: Operation = {
  name: 'dead-letters redrive',
  summary: 'send dead letters to their sink again; a dry run unless --apply',
  role: 'operator',
  looks: ({ apply }) => !apply,
  inputs: {
    sink: { ...sink, meaning: 'which sink' },
    ...selection,
    rate: { meaning: 'events a second, 0 = no limit', kind: 'integer', default: DEFAULT_RATE },
    apply: { meaning: 'apply it; without this it is a dry run', kind: 'boolean', default: false },
  },
  examples: [
    'auth0-logs dead-letters redrive segment --reason http_400',
    'auth0-logs dead-letters redrive segment --reason http_400 --apply',
  ],
  async run(context, values) {
    const { known, takers } = await opened(context, values.sink)
    if (!isSink(known))
      throw new Refusal(
        `what ${known.name} put aside is no event that a sink could take: dead-letters show ${known.name} <offset> has the bytes, dead-letters acknowledge puts it away`,
      )
    const under = takers.jobs.find((job) => job.kind === 'redrive' && isOpen(job))
    const { waiting, total, redriven, redriving, first, last, offsets } = await gathered(context, known, takers, values)
    const reasons = [...waiting]
      .map(([reason, count]) => ({ reason, count, hopeless: whyHopeless(reason) }))
      .toSorted((a, b) => b.count - a.count)
    const events = reasons.reduce((sum, { count }) => sum + count, 0)
    const repeats = total - redriven - redriving - events
    const preview = {
      sink: known.name,
      events,
      reasons,
      redriven,
      redriving,
      repeats,
      rate: Number(values.rate),
      applied: false,
      job: '',
    }
    if (!values.apply) return { ...preview, message: DRY_RUN }
    if (under) throw new Refusal(`Job ${under.id} is redriving dead letters of ${known.name}: wait for it, or cancel it first`)
    if (events === 0) {
      const why = redriven > 0 ? `the ${redriven} that fit were redriven before` : 'none fits'
      throw new Refusal(`No dead letter to redrive: ${why}`)
    }
    const job = await requestJob(context, known, {
      kind: 'redrive',
      ranges: [{ partition: 0, from: first, to: last + 1 }],
      from: String(values.from),
      to: String(values.to),
      rate: Number(values.rate),
      reason: String(values.reason ?? ''),
      log_id: String(values.log_id ?? ''),
      ...(offsets ? { offsets } : {}),
    })
    return {
      ...preview,
      applied: true,
      job,
      message: `Job ${job} created; ${waitsFor(known, job)}`,
      before: null,
      after: { job },
    }
  },
}

export const deadLettersAcknowledge: Operation = {
  name: 'dead-letters acknowledge',
  summary: 'mark dead letters as handled without sending them again; a dry run unless --apply',
  role: 'operator',
  looks: ({ apply }) => !apply,
  inputs: { sink, ...selection, apply: { meaning: 'apply it; without this it is a dry run', kind: 'boolean', default: false } },
  examples: [
    'auth0-logs dead-letters acknowledge ingest --reason not_json',
    'auth0-logs dead-letters acknowledge segment --to yesterday --apply',
  ],
  async run(context, values) {
    const { client, producer, by } = context
    const { known, takers } = await opened(context, values.sink)
    const { reasons, total, redriven, redriving, first, last, offsets } = await gathered(context, known, takers, values)
    const rows = reasons
      .map(({ reason, count, redriven, redriving }) => ({ reason, count: count - redriven - redriving }))
      .filter(({ count }) => count > 0)
    const preview = {
      sink: known.name,
      events: total - redriven - redriving,
      reasons: rows,
      redriven,
      redriving,
      applied: false,
      job: '',
    }
    if (!values.apply) return { ...preview, message: DRY_RUN }
    if (preview.events === 0) throw new Refusal(`No matching dead letter of ${known.name} is waiting: nothing was changed`)
    const now = new Date().toISOString()
    const job = newJob({
      id: newJobId(),
      service: known.name,
      kind: 'acknowledge',
      state: 'done',
      ranges: [{ partition: 0, from: first, to: last + 1, reached: last + 1 }],
      from: String(values.from),
      to: String(values.to),
      reason: String(values.reason ?? ''),
      log_id: String(values.log_id ?? ''),
      ...(offsets ? { offsets } : {}),
      by,
      at: now,
      ended_at: now,
    })
    await publishControl(client, producer, jobKey(job), job)
    const message = 'They stay in the topic as long as it keeps them, and are no longer counted as waiting.'
    return { ...preview, applied: true, job: job.id, message, before: null, after: { job: job.id } }
  },
}

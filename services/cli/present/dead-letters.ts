// What `dead-letters` says: the reasons with their counts, then the newest; or one with the event itself.
import type { LetterRow, ReasonRow } from '../../operations/dead-letters.ts'
import { ago, count, cut, facts, table, time } from '../table.ts'
import type { Shown } from './shown.ts'

const ERROR_WIDTH = 70

type Listed = { sink: string; total: number; redriven: number; reasons: ReasonRow[]; letters: LetterRow[] }

export function presentLetters({ sink, total, redriven, reasons, letters }: Listed, { style, now }: Shown): string {
  if (total === 0) return `no dead letters of ${sink} fit`
  const sums = table(
    [
      { title: 'reason' },
      { title: 'count', right: true },
      { title: 'redriven', right: true },
      { title: 'last' },
      { title: 'error of the last' },
    ],
    reasons.map((row) => [
      style.bold(row.reason),
      count(row.count),
      row.redriven > 0 ? count(row.redriven) : '',
      ago(row.last, now),
      cut(row.error, ERROR_WIDTH),
    ]),
    style.dim,
  )
  const newest = table(
    [
      { title: 'offset', right: true },
      { title: 'at (UTC)' },
      { title: 'reason' },
      { title: 'attempts', right: true },
      { title: 'log_id' },
      { title: 'redriven by' },
    ],
    letters.map((letter) => [
      String(letter.offset),
      time(letter.at),
      letter.reason,
      String(letter.attempts),
      letter.logId,
      letter.redriven,
    ]),
    style.dim,
  )
  const head = `${style.bold(sink)}: ${count(total)} dead ${total === 1 ? 'letter' : 'letters'}${redriven > 0 ? `, ${count(redriven)} of them redriven` : ''}`
  const hint = style.dim(`auth0-logs dead-letters show ${sink} <offset> shows one, redrive ${sink} sends them once more`)
  return [head, '', sums, ...(letters.length > 0 ? ['', newest] : []), '', hint].join('\n')
}

type LetterShown = LetterRow & { sink: string; headers: Record<string, string>; body: string; encoding: string; bytes: number }

export function presentLetter(letter: LetterShown, { style, now }: Shown): string {
  const { headers } = letter
  const told = facts(
    [
      ['reason', `${letter.reason} at the stage ${letter.stage}`],
      ['error', style.red(letter.error)],
      ['log_id', letter.logId],
      [
        'attempts',
        letter.attempts > 0
          ? `${letter.attempts}, from ${time(headers.first_at ?? '')} to ${time(headers.last_at ?? '')} UTC`
          : 'none',
      ],
      ['put aside', `${time(letter.at)} UTC, ${ago(letter.at, now)}, by version ${headers.version ?? ''}`],
      ['came from', letter.fromOffset && `${letter.fromTopic}, partition ${letter.fromPartition} offset ${letter.fromOffset}`],
      ['redriven by', letter.redriven],
      ['piece', headers.piece ?? ''],
    ],
    style.dim,
  )
  return [`${style.bold(`${letter.sink} ${letter.offset}`)}`, told, '', bodyText(letter)].join('\n')
}

/** JSON is laid out for reading; the bytes themselves come with --json. */
function bodyText({ body, encoding, bytes }: LetterShown): string {
  if (encoding === 'base64') return `${count(bytes)} bytes that are no text, base64:\n${body}`
  try {
    return JSON.stringify(JSON.parse(body), null, 2)
  } catch {
    return body
  }
}

type Redrive = {
  sink: string
  events: number
  reasons: { reason: string; count: number }[]
  redriven: number
  applied: boolean
  message: string
}

export function presentRedrive({ sink, events, reasons, redriven, applied, message }: Redrive, { style }: Shown): string {
  const rows = [...reasons.map((row) => [row.reason, count(row.count)]), ['all', count(events)]]
  return [
    `dead letters once more to ${style.bold(sink)}`,
    '',
    table([{ title: 'reason' }, { title: 'events', right: true }], rows, style.dim),
    ...(redriven > 0 ? [style.dim(`${count(redriven)} more were redriven before and stay out`)] : []),
    '',
    applied ? style.green(message) : style.bold(message),
  ].join('\n')
}

// What `dead-letters` says: the reasons with their counts, then the newest; or one with the event itself.
import type { Exported, LetterRow, ReasonRow } from '../../operations/dead-letters.ts'
import { ago, count, cut, time } from '../table.ts'
import type { Shown } from './shown.ts'

const ERROR_WIDTH = 70

type Listed = {
  sink: string
  kind: string
  total: number
  redriven: number
  redriving: number
  reasons: ReasonRow[]
  letters: LetterRow[]
}

export function presentLetters({ sink, kind, total, redriven, redriving, reasons, letters }: Listed, shown: Shown): string {
  const { style, now, table } = shown
  if (total === 0) return `No matching dead letters for ${sink}.`
  const sums = table(
    [
      { title: 'reason' },
      { title: 'count', right: true },
      { title: 'handled', right: true },
      { title: 'last' },
      { title: 'last error', below: true },
    ],
    reasons.map((row) => [
      style.bold(row.reason),
      count(row.count),
      row.redriven > 0 ? count(row.redriven) : '',
      ago(row.last, now),
      cut(row.error, ERROR_WIDTH),
    ]),
  )
  const newest = table(
    [
      { title: 'offset', right: true },
      { title: 'at (UTC)' },
      { title: 'reason' },
      { title: 'attempts', right: true },
      { title: 'log_id', below: true },
      { title: 'job', below: true },
    ],
    letters.map((letter) => [
      String(letter.offset),
      time(letter.at),
      cut(letter.reason, 40),
      String(letter.attempts),
      letter.logId,
      letter.state === 'redriving' ? `${letter.redriven}, not sent yet` : letter.redriven,
    ]),
  )
  const head = `${style.bold(sink)}: ${count(total)} dead ${total === 1 ? 'letter' : 'letters'}${redriving > 0 ? `, ${count(redriving)} of them being redriven` : ''}${redriven > 0 ? `, ${count(redriven)} redriven or acknowledged` : ''}`
  const verbs =
    kind === 'ingest'
      ? `acknowledge ${sink} marks them as handled; they never were valid events, so they cannot be redriven`
      : `redrive ${sink} sends them again, acknowledge ${sink} marks them as handled`
  const hint = style.dim(shown.wrap(`auth0-logs dead-letters show ${sink} <offset> shows one; ${verbs}`))
  return [head, '', sums, ...(letters.length > 0 ? ['', newest] : []), '', hint].join('\n')
}

type LetterShown = LetterRow & { sink: string; headers: Record<string, string>; body: string; encoding: string; bytes: number }

export function presentLetter(letter: LetterShown, shown: Shown): string {
  const { style, now } = shown
  const { headers } = letter
  const told = shown.facts([
    ['reason', letter.stage === '' ? letter.reason : `${letter.reason} at the stage ${letter.stage}`],
    ['error', style.red(letter.error)],
    ['log_id', letter.logId],
    [
      'attempts',
      letter.attempts > 0
        ? `${letter.attempts}, from ${time(headers.first_at ?? '')} to ${time(headers.last_at ?? '')} UTC`
        : 'none',
    ],
    ['stored', `${time(letter.at)} UTC, ${ago(letter.at, now)}, by version ${headers.version ?? ''}`],
    ['came from', letter.fromOffset && `${letter.fromTopic}, partition ${letter.fromPartition} offset ${letter.fromOffset}`],
    ['job', letter.redriven],
    ['piece', headers.piece ?? ''],
  ])
  return [`${style.bold(`${letter.sink} ${letter.offset}`)}`, told, '', bodyText(letter)].join('\n')
}

/** JSON is laid out for reading; the bytes themselves come with --json. */
function bodyText({ body, encoding, bytes }: LetterShown): string {
  if (encoding === 'base64') return `${count(bytes)} bytes that are not text, as base64:\n${body}`
  try {
    return JSON.stringify(JSON.parse(body), null, 2)
  } catch {
    return body
  }
}

type Redrive = {
  sink: string
  events: number
  reasons: { reason: string; count: number; hopeless?: string }[]
  redriven: number
  redriving: number
  applied: boolean
  message: string
}

export function presentRedrive({ sink, events, reasons, redriven, redriving, applied, message }: Redrive, shown: Shown): string {
  const { style, table } = shown
  const rows = [...reasons.map((row) => [row.reason, count(row.count)]), ['all', count(events)]]
  const hopeless = reasons.filter((row) => row.hopeless)
  return [
    `waiting dead letters of ${style.bold(sink)}`,
    '',
    table([{ title: 'reason' }, { title: 'events', right: true }], rows),
    ...(redriven > 0 ? [style.dim(`${count(redriven)} more were redriven or acknowledged before and are left out`)] : []),
    ...(redriving > 0 ? [style.dim(`${count(redriving)} more are being redriven and are left out`)] : []),
    ...hopeless.map((row) =>
      shown.wrap(style.yellow(`! ${count(row.count)} ${row.reason}: a redrive cannot succeed. ${row.hopeless}`)),
    ),
    '',
    shown.wrap(applied ? style.green(message) : style.bold(message)),
  ].join('\n')
}

/** To be read; a file of them is made with --json, which keeps every byte. */
export function presentExported({ sink, letters, next }: Exported, shown: Shown): string {
  if (letters.length === 0) return `No matching dead letters for ${sink}.`
  const more = next === '' ? [] : [shown.style.dim(`More: auth0-logs dead-letters export ${sink} --from ${next}`)]
  return [...letters.map((letter) => presentLetter({ sink, ...letter }, shown)), ...more].join('\n\n')
}

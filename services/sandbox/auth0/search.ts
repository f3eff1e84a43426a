// The few words of Auth0's log search (Lucene) that the stand-in knows: log_id, type, date from-to. Everything else matches.
import type { LogStore, Row } from './logs-store.ts'

/** What was found, oldest first. */
export type Found = { total: number; slice: (from: number, to: number) => Row[] }

/** `log_id:<id>`, `type:<code>`, `date:[<time> TO <time>]` (`*` = open, by the time of storing), any of them joined by AND. */
export function findRows(store: LogStore, q: string): Found {
  const conditions = q.split(/ AND /).flatMap((word) => condition(store, word.trim()))
  if (conditions.length === 0) return { total: store.size(), slice: store.slice }
  const rows = store.slice(0, store.size()).filter((row) => conditions.every((holds) => holds(row)))
  return { total: rows.length, slice: (from, to) => rows.slice(Math.max(0, from), to) }
}

function condition(store: LogStore, word: string): ((row: Row) => boolean)[] {
  const [, name, value] = /^(log_id|type|date): ?(.+)$/.exec(word) ?? []
  if (name === 'date') {
    const [, from, to] = /^\[ ?(\S+) TO (\S+?) ?[\]}]$/.exec(value) ?? []
    if (from === undefined) return []
    const [least, most] = [timeOf(from, -Infinity), timeOf(to, Infinity)]
    return [({ at }) => at >= least && at <= most]
  }
  if (name === undefined) return []
  const wanted = value.replace(/^"(.*)"$/, '$1')
  return [name === 'log_id' ? (row) => store.id(row) === wanted : (row) => store.data(row).type === wanted]
}

const timeOf = (text: string, open: number) => (text === '*' ? open : Date.parse(text.replace(/^"(.*)"$/, '$1')))

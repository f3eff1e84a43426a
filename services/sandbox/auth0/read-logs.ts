// `GET /api/v2/logs`: the checkpoint mode (`from`, `take`), the search mode (`q`, `page`, …), and neither.
// https://auth0.com/docs/deploy-monitor/logs/retrieve-log-events-using-mgmt-api
import { apiError } from './answers.ts'
import { apiItem } from './item.ts'
import type { LogStore, Row } from './logs-store.ts'
import { findRows } from './search.ts'
import type { Answer } from '../vendor-http.ts'

const DEFAULT_PAGE = 50
const LARGEST_PAGE = 100
const SEARCH_RESULTS = 1_000
const JSON_TYPE = { 'content-type': 'application/json; charset=utf-8' }

/** The answer, and what it hands out. */
export type LogsAnswer = { answer: Answer; items: Item[] }
export type Item = { row: Row; text: string }

const refused = (message: string, code = 'invalid_query_string'): LogsAnswer => ({
  answer: apiError(400, message, code),
  items: [],
})

/**
 * @param url of the call, with the origin that the client used
 * @param cutoff ms since the epoch: a `from` stored before it is refused; read as a place like any other when not given
 */
export function readLogs(store: LogStore, url: URL, cutoff?: number): LogsAnswer {
  const from = url.searchParams.get('from')
  return from === null ? search(store, url.searchParams) : checkpoint(store, url, from, cutoff)
}

/** Every other parameter than `from` and `take` is ignored here, as Auth0 does. */
function checkpoint(store: LogStore, url: URL, from: string, cutoff: number | undefined): LogsAnswer {
  const take = wholeNumber(url.searchParams.get('take'), DEFAULT_PAGE)
  if (!(take >= 1 && take <= LARGEST_PAGE)) return refused(`Query validation error: 'take' must be from 1 to ${LARGEST_PAGE}.`)
  if (from === '') return refused("Query validation error: 'from' must not be empty.")
  if (cutoff !== undefined && storedAt(from) < cutoff) return refused(`The log event ${from} is not found.`, 'invalid_log_id')
  const rows = store.after(from, take)
  const next = new URL(url)
  const last = rows.at(-1)
  if (last) next.search = `?from=${store.id(last)}&take=${take}`
  const items = itemsOf(rows, store)
  return { answer: { status: 200, headers: { ...JSON_TYPE, link: `<${next.href}>; rel="next"` }, body: arrayOf(items) }, items }
}

function search(store: LogStore, query: URLSearchParams): LogsAnswer {
  const perPage = wholeNumber(query.get('per_page'), DEFAULT_PAGE)
  const number = wholeNumber(query.get('page'), 0)
  const sort = query.get('sort') ?? 'date:-1'
  if (!(perPage >= 0 && perPage <= LARGEST_PAGE)) {
    return refused(`Query validation error: 'per_page' must be from 0 to ${LARGEST_PAGE}.`)
  }
  if (Number.isNaN(number)) return refused("Query validation error: 'page' must be a whole number of 0 or more.")
  if (!/^[\w.]+:-?1$/.test(sort)) return refused("Query validation error: 'sort' must be like date:1 or date:-1.")
  if ((number + 1) * perPage > SEARCH_RESULTS) {
    return refused(`You can only page through the first ${SEARCH_RESULTS} records.`, 'invalid_paging')
  }
  const found = findRows(store, query.get('q') ?? '')
  const start = number * perPage
  const rows = sort.endsWith(':1') ? found.slice(start, start + perPage) : newestFirst(found, start, perPage)
  const items = itemsOf(rows, store)
  const totals = `{"start":${start},"limit":${perPage},"length":${rows.length},"total":${found.total},"logs":${arrayOf(items)}}`
  const body = query.get('include_totals') === 'true' ? totals : arrayOf(items)
  return { answer: { status: 200, headers: JSON_TYPE, body }, items }
}

function newestFirst({ slice, total }: ReturnType<typeof findRows>, start: number, count: number): Row[] {
  return slice(Math.max(0, total - start - count), Math.max(0, total - start)).toReversed()
}

const itemsOf = (rows: readonly Row[], store: LogStore): Item[] =>
  rows.map((row) => ({ row, text: JSON.stringify(apiItem(store.data(row))) }))

const arrayOf = (items: readonly Item[]) => `[${items.map(({ text }) => text).join(',')}]`

/** NaN when it is none. */
function wholeNumber(text: string | null, ifAbsent: number): number {
  if (text === null) return ifAbsent
  return /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN
}

/** The time within a log_id, ms since the epoch; NaN, which is before nothing, in an id of another shape. */
function storedAt(logId: string): number {
  const shape = /^900(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)(\d{3})\d*$/
  return shape.test(logId) ? Date.parse(logId.replace(shape, '$1-$2-$3T$4:$5:$6.$7Z')) : Number.NaN
}

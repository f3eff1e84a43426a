// The `curl` line that `npm start` prints: it sends a first event to the ingest as Auth0 would.
import { randomInt } from 'node:crypto'

/**
 * One shell command, answered `{"accepted":1,…}`; the content type plays no part.
 * @param origin of the ingest, e.g. `http://127.0.0.1:8080`; with https its certificate is not checked
 */
export function curlLine(origin: string, token: string, now: Date): string {
  const unchecked = origin.startsWith('https:') ? '--insecure ' : ''
  const body = JSON.stringify([firstEvent(now)])
  return `curl -sS ${unchecked}--header ${quote(`Authorization: ${token}`)} --data-raw ${quote(body)} ${origin}/logs`
}

/** A login as a log stream delivers it, cut to what fits a line. The log_id is Auth0's: 900, the time to the millisecond in UTC, 36 digits. */
export function firstEvent(now: Date): { log_id: string; data: Record<string, unknown> } {
  const date = now.toISOString()
  const digits = Array.from({ length: 36 }, () => randomInt(10)).join('')
  const log_id = `900${date.replace(/\D/g, '')}${digits}`
  return {
    log_id,
    data: { date, type: 's', description: 'Successful login', ip: '203.0.113.7', user_name: 'ada@example.com', log_id },
  }
}

/** For a POSIX shell: nothing within single quotes is special but the single quote itself. */
const quote = (text: string) => `'${text.replaceAll("'", `'\\''`)}'`

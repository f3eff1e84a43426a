// What `npm start` prints when everything is up, with a `curl` line that sends a first event as Auth0 would.
import { randomInt } from 'node:crypto'

/** One thing that runs, or does not: its name, what is to be known of it, and what is wrong with it. */
export type BannerRow = { name: string; text: string; problem?: string }

/** The curl line begins in the first column, so that it can be copied as it is. @param page of the console, where there is one */
export function banner(rows: readonly BannerRow[], curl: string, page?: string): string {
  const width = Math.max(...rows.map((row) => row.name.length))
  const broken = rows.filter((row) => row.problem !== undefined).length
  const head = broken === 0 ? 'Everything runs.' : `${broken} of ${rows.length} did not come up; the others run.`
  return [
    '',
    `  ${head} Ctrl-C stops it; the next npm start continues from there.`,
    '',
    ...rows.map(({ name, text, problem }) => `  ${name.padEnd(width)}  ${problem === undefined ? text : `NOT UP: ${problem}`}`),
    '',
    '  Next: send a first event,',
    '',
    curl,
    '',
    ...(page ? [`  then see it arrive at ${page},`] : []),
    '  or in another terminal: npx auth0-logs status, and npx auth0-logs simulate for more events.',
    '',
    '',
  ].join('\n')
}

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

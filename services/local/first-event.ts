// The `curl` line that `npm start` prints: it sends a first event to the ingest as Auth0 would.
import { randomInt } from 'node:crypto'

/**
 * One shell command, answered `{"accepted":1,…}`.
 * @param origin of the ingest, e.g. `http://127.0.0.1:8080`; with https its certificate is not checked
 */
export function curlLine(origin: string, token: string, now: Date): string {
  const unchecked = origin.startsWith('https:') ? ['--insecure'] : []
  const headers = [`Authorization: ${token}`, 'Content-Type: application/json'].flatMap((header) => ['--header', quote(header)])
  return [
    'curl',
    '--silent',
    '--show-error',
    ...unchecked,
    ...headers,
    '--data-raw',
    quote(JSON.stringify([firstEvent(now)])),
    `${origin}/logs`,
  ].join(' ')
}

/** A login as a log stream delivers it. The log_id is Auth0's form: 900, the time to the millisecond in UTC, 36 digits. */
export function firstEvent(now: Date): { log_id: string; data: Record<string, unknown> } {
  const date = now.toISOString()
  const digits = Array.from({ length: 36 }, () => randomInt(10)).join('')
  const logId = `900${date.replace(/\D/g, '')}${digits}`
  const data = {
    date,
    type: 's',
    description: 'Successful login',
    connection: 'Username-Password-Authentication',
    connection_id: 'con_1aB2cD3eF4gH5iJ6',
    client_id: 'k3yOfAnExampleApplication0000001',
    client_name: 'Example Application',
    ip: '203.0.113.7',
    user_agent: 'Mozilla/5.0 (X11; Linux x86_64; rv:144.0) Gecko/20100101 Firefox/144.0',
    details: { elapsedTime: 812, session_id: 'exampleSession000000000000000001', stats: { loginsCount: 1 } },
    hostname: 'example.eu.auth0.com',
    user_id: 'auth0|000000000000000000000001',
    user_name: 'ada@example.com',
    strategy: 'auth0',
    strategy_type: 'database',
    log_id: logId,
  }
  return { log_id: logId, data }
}

/** For a POSIX shell: nothing within single quotes is special but the single quote itself. */
const quote = (text: string) => `'${text.replaceAll("'", `'\\''`)}'`

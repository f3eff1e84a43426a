// What `simulate` was asked to do: its options with their defaults, and its help.
import { parseArgs } from 'node:util'
import { errorText } from '../../platform/errors.ts'
import type { Environment } from '../../platform/settings.ts'
import { bodyFormats } from './body.ts'
import type { SendOptions } from './send.ts'

export const help = `Posts realistic Auth0 events to the ingest, as an Auth0 log stream would.

  node services/sandbox/simulate/main.ts [options]

  --url <url>           the ingest                                  default http://127.0.0.1:8080/logs
  --token <value>       the whole Authorization value               default the first of INGEST_TOKENS
  --count <n>           events to send, 0 = until Ctrl-C            default 100
  --rate <n>            events a second, 0 = as fast as it goes     default 0
  --per-body <n>        events in one request                       default 100, fewer at a low rate
  --format <name>       ${bodyFormats.join(', ')}            default JSONLINES
  --concurrency <n>     requests at once                            default 4
  --time-limit <s>      seconds to go on for after all should have been sent, default 60
  --json                the result as one line of JSON

Exit status: 0 all were accepted, 1 some were not, 2 wrong use.

  node services/sandbox/simulate/main.ts --count 1000 --rate 50
  node services/sandbox/simulate/main.ts --url https://logs.example.com/logs --token 'Bearer abc' --format JSONARRAY
`

export type Command =
  | { kind: 'help' }
  | { kind: 'wrong'; problem: string }
  | {
      kind: 'send'
      json: boolean
      options: Pick<SendOptions, 'token' | 'count' | 'rate' | 'perBody' | 'format' | 'concurrency' | 'limitMs'> & { url: URL }
    }

const DEFAULT_URL = 'http://127.0.0.1:8080/logs'
const PER_BODY = 100
/** At a low rate bodies are kept small, so that events flow instead of coming in gushes. */
const BODIES_PER_SECOND = 5
/** The longest delay a timer can have. */
const LONGEST_MS = 2 ** 31 - 1

const string = { type: 'string' } as const
const flag = { type: 'boolean', default: false } as const

/** @param args without the program's own name */
export function parseCommand(args: readonly string[], env: Environment): Command {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: {
        url: string,
        token: string,
        count: string,
        rate: string,
        'per-body': string,
        format: string,
        concurrency: string,
        'time-limit': string,
        json: flag,
        help: flag,
      },
    })
    if (values.help) return { kind: 'help' }
    const count = number('count', values.count, 100, 0)
    const rate = number('rate', values.rate, 0, 0)
    const format = bodyFormats.find((name) => name === (values.format ?? 'JSONLINES').toUpperCase())
    if (format === undefined) throw new Error(`--format must be one of ${bodyFormats.join(', ')}`)
    const token = values.token ?? env.INGEST_TOKENS?.split(',')[0].trim()
    if (!token) throw new Error('there is no token: give --token, or set INGEST_TOKENS as for the ingest')
    const limitSeconds = number('time-limit', values['time-limit'], 60, 1) + (rate > 0 ? count / rate : 0)
    const options = {
      url: parseUrl(values.url ?? DEFAULT_URL),
      token,
      count: count || Number.POSITIVE_INFINITY,
      rate: rate || undefined,
      perBody: number('per-body', values['per-body'], rate > 0 ? smallBody(rate) : PER_BODY, 1),
      format,
      concurrency: number('concurrency', values.concurrency, 4, 1),
      limitMs: count === 0 ? LONGEST_MS : Math.min(LONGEST_MS, limitSeconds * 1_000),
    }
    return { kind: 'send', json: values.json, options }
  } catch (error) {
    return { kind: 'wrong', problem: errorText(error) }
  }
}

const smallBody = (rate: number) => Math.min(PER_BODY, Math.max(1, Math.round(rate / BODIES_PER_SECOND)))

function number(name: string, text: string | undefined, ifAbsent: number, least: number): number {
  if (text === undefined) return ifAbsent
  if (!/^\d+$/.test(text) || Number(text) < least)
    throw new Error(`--${name} must be a whole number of ${least} or more, not ${text}`)
  return Number(text)
}

function parseUrl(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url?.protocol !== 'http:' && url?.protocol !== 'https:')
    throw new Error(`--url must be an http or https address, not ${text}`)
  return url
}

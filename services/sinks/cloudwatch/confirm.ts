// FilterLogEvents: which log events the log group holds, asked stream by stream in windows of time around them.
// https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_FilterLogEvents.html
import {
  type CloudWatchLogsClient,
  type FilterLogEventsCommandInput,
  FilterLogEventsCommand,
} from '@aws-sdk/client-cloudwatch-logs'
import { sleep } from '../../platform/lifecycle.ts'
import type { Settings } from '../../platform/settings.ts'
import type { Confirmer } from '../runtime/contract.ts'
import { createClient } from './client.ts'
import { ForeignAnswer, outcomeOfAws } from './judge.ts'
import type { fields } from './settings.ts'
import type { LogLine } from './streams.ts'

/** Five requests a second for an account in a region; the sinks of others may ask too. */
const CALL_EVERY_MS = 250
const CALL_MS = 20_000
/** A page has at most 1 MB of messages and 10,000 events: JSON escapes about double the ones, and the others have some 200 bytes beside. */
const MOST_PAGE_BYTES = 16 * 1024 * 1024
/** Events that are no further apart are asked for in one window: a page brings 10,000 events. */
const GAP_MS = 30_000
/** Of one call, for what passes by itself. */
const ATTEMPTS = 6
const FIRST_WAIT_MS = 1_000
const MOST_WAIT_MS = 15_000

export async function openConfirmer(settings: Settings<typeof fields>): Promise<Confirmer<LogLine>> {
  const client = await createClient(settings, MOST_PAGE_BYTES)
  const ask = createAsking(client)
  return {
    async confirm(lines) {
      const found = new Set<number>()
      const wanted = lines.map((line, index) => ({
        stream: line.stream ?? settings.stream,
        index,
        id: logIdIn(line.message),
        at: line.timestamp ?? 0,
      }))
      for (const [stream, own] of Map.groupBy(wanted, (one) => one.stream))
        for (const window of windowsOf(own)) {
          const held = await idsIn(ask, { group: settings.group, stream, window })
          for (const { index, id } of window) if (id !== undefined && held.has(id)) found.add(index)
        }
      return found
    },
    close: async () => client.destroy(),
  }
}

/** In order of time, split where nothing is wanted for a while. */
export function windowsOf<W extends { at: number }>(wanted: readonly W[]): W[][] {
  const windows: W[][] = []
  for (const one of wanted.toSorted((a, b) => a.at - b.at)) {
    const last = windows.at(-1)
    if (last && one.at - last[last.length - 1].at <= GAP_MS) last.push(one)
    else windows.push([one])
  }
  return windows
}

type Ask = ReturnType<typeof createAsking>
type Window = { group: string; stream: string; window: readonly { id: string | undefined; at: number }[] }

/** The wanted ids that are there. Goes on until there is no token: an empty page may carry one. */
async function idsIn(ask: Ask, { group, stream, window }: Window): Promise<Set<string>> {
  const wanted = new Set(window.map(({ id }) => id))
  const found = new Set<string>()
  const question = {
    logGroupName: group,
    logStreamNames: [stream],
    startTime: window[0].at,
    endTime: window[window.length - 1].at, // inclusive
  }
  let nextToken: string | undefined
  do {
    const page = await ask({ ...question, ...(nextToken === undefined ? {} : { nextToken }) })
    if (!page) return found // no such stream, so it holds nothing
    for (const { message } of page.events ?? []) {
      const id = logIdIn(message)
      if (id !== undefined && wanted.has(id)) found.add(id)
    }
    nextToken = page.nextToken
  } while (nextToken !== undefined && found.size < wanted.size)
  return found
}

/** One call after the other within the vendor's rate. Answers undefined where the stream does not exist. */
function createAsking(client: CloudWatchLogsClient) {
  let next = 0
  const send = async (input: FilterLogEventsCommandInput) => {
    await sleep(Math.max(0, next - performance.now()))
    next = performance.now() + CALL_EVERY_MS
    return client.send(new FilterLogEventsCommand(input), {
      abortSignal: AbortSignal.timeout(CALL_MS),
    })
  }
  return async (input: FilterLogEventsCommandInput) => {
    for (let attempt = 1; ; attempt++) {
      try {
        return await send(input)
      } catch (error) {
        if (isMissingStream(error)) return undefined
        const outcome = outcomeOfAws(error, 'create')
        if (outcome.kind !== 'retry' || attempt === ATTEMPTS) throw problemOf(error, outcome, input.logGroupName ?? '')
        const own = FIRST_WAIT_MS * 2 ** (attempt - 1)
        await sleep(Math.min(MOST_WAIT_MS, Math.max(own, outcome.afterMs ?? 0)))
      }
    }
  }
}

const isMissingStream = (error: unknown) =>
  error instanceof Error && error.name === 'ResourceNotFoundException' && /log stream/i.test(error.message)

/** In words that say what to do. */
function problemOf(error: unknown, outcome: ReturnType<typeof outcomeOfAws>, group: string): Error {
  if (!('reason' in outcome)) return new Error(`no answer about the log group ${group}`)
  const { reason, message } = outcome
  // Its body may hold logs, and the words come into a certificate.
  if (error instanceof ForeignAnswer && error.answer.status < 300)
    return new Error(
      `the log group ${group} could not be asked: HTTP ${error.answer.status} that is no answer of CloudWatch Logs`,
    )
  if (reason === 'access_denied')
    return new Error(`permission is missing: grant logs:FilterLogEvents on the log group ${group} (${message})`)
  if (reason === 'resource_not_found')
    return new Error(`the log group ${group} does not exist in this region: set the sink's own settings here (${message})`)
  return new Error(`the log group ${group} could not be asked: ${message}`)
}

/** The log_id of a message; undefined where it has none. */
function logIdIn(message: string | undefined): string | undefined {
  try {
    const event: unknown = JSON.parse(message ?? '')
    const id = typeof event === 'object' && event !== null && 'log_id' in event ? event.log_id : undefined
    return typeof id === 'string' || typeof id === 'number' ? String(id) : undefined
  } catch {
    return undefined
  }
}

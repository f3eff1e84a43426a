// Auth0's list of logs for a proof: pages of the Management API, asked for with the patience of the backfill, and what its stream leaves out.
import type { HttpStream } from '../../auth0/client.ts'
import { Auth0Problem } from '../../auth0/problem.ts'
import { logIdAt, timeOfLogId } from '../../events/log-id.ts'
import type { Auth0Asked } from '../../topics/proof-records.ts'
import { type Auth0List, NotTaken } from '../../operations/prove/auth0-day.ts'
import type { Backfill } from './contract.ts'
import type { LogReader } from './read.ts'
import { deliveryOf, streamNamed } from './stream.ts'

/** @param reader asks Auth0 again while it does not answer, until the signal is aborted */
export async function auth0List({ auth0, settings }: Backfill, reader: LogReader, signal: AbortSignal): Promise<Auth0List> {
  const { domain, auth0RetentionDays, backfill, stream: wanted } = settings()
  // `poll` publishes all that Auth0 has, whatever a stream leaves out.
  const found =
    backfill === 'poll'
      ? { problem: 'BACKFILL=poll reads all logs, so no stream was asked for' }
      : streamNamed(await reader.patiently(() => auth0.httpStreams(signal), signal), wanted)
  const asked = { tenant: domain, retention_days: auth0RetentionDays }
  return {
    asked:
      'problem' in found
        ? { ...asked, stream: null, stream_problem: found.problem }
        : { ...asked, stream: toldOf(found.stream), stream_problem: '' },
    delivers: 'problem' in found ? () => true : deliveryOf(found.stream),
    async *pages(fromMs, toMs, signal) {
      const isWithin = (time: number | undefined) => time !== undefined && time >= fromMs && time < toMs
      try {
        for await (const { events } of reader.pages(logIdAt(fromMs), () => settings().batchSize, signal, logIdAt(toMs)))
          yield events
            .map(({ id, type }) => ({ id: id.toString(), type: type.toString() }))
            .filter(({ id }) => isWithin(timeOfLogId(id)))
      } catch (error) {
        throw error instanceof Auth0Problem && error.patience === 'refused'
          ? new NotTaken(error.message, { cause: error })
          : error
      }
    },
    async oldest(signal) {
      const id = await reader.patiently(() => auth0.oldest(signal), signal)
      return id === undefined ? undefined : timeOfLogId(id)
    },
  }
}

function toldOf({ name = '', status, isPriority, filters, pii_config: pii }: HttpStream): NonNullable<Auth0Asked['stream']> {
  return {
    name,
    status: String(status ?? 'active'),
    priority: isPriority === true,
    filters: (filters ?? []).map((filter) => String(filter.name)),
    pii_config: (pii?.log_fields ?? []).map(String),
  }
}

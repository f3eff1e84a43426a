// Reports as a sink writes them, for tests.
import { newReport, type Report } from '../../services/topics/records.ts'

/** @param at end of the run, milliseconds since the epoch; it began a minute before */
export function report(at: number, changes: Partial<Report> = {}): Report {
  return newReport({
    service: 'segment',
    instance: 'host-1',
    run: `host-1-${at}-1`,
    status: 'success',
    started_at: new Date(at - 60_000).toISOString(),
    ended_at: new Date(at).toISOString(),
    checkpoint: '90020261122000000000000000000000000000000000000001',
    ...changes,
  })
}

export const failed = (at: number, changes: Partial<Report> = {}) =>
  report(at, { status: 'failed', error: 'http_503: the vendor is busy', retries: 1, ...changes })
export const recovered = (at: number, changes: Partial<Report> = {}) =>
  report(at, { status: 'recovered', error: 'http_503: the vendor is busy', ...changes })

// What to do about the gaps that a certificate names: the verbs, with their input. Pure.
import type { Certificate, HourRow } from '../../topics/proof-records.ts'

/** A verb with its input, as `POST /api/operations/<name>` takes it. */
export type Recovery = { operation: string; input: Record<string, string | boolean>; words: string }

/** The backfill for the hours in which logs are missing, a redrive for each sink with dead letters. */
export function recoveriesOf({ hours, sinks }: Pick<Certificate, 'hours' | 'sinks'>): Recovery[] {
  const missing = hours.filter(({ topic, reasons }) => topic.missing > 0 && reasons.includes('missing'))
  const fetched = spans(missing).map(
    ([first, last]): Recovery => ({
      operation: 'backfill',
      input: { from: first.from, to: new Date(Date.parse(last.to) - 1).toISOString() },
      words: `Read from Auth0 what was stored from ${first.at} to ${last.to}: what is missing comes, and sinks deliver that time again`,
    }),
  )
  const redriven = sinks
    .map(({ sink }) => ({ sink, dead: hours.some((hour) => Object.keys(hour.sinks[sink]?.dead_lettered ?? {}).length > 0) }))
    .filter(({ dead }) => dead)
    .map(({ sink }): Recovery => {
      const input = { sink, from: hours[0].from, apply: true }
      return { operation: 'dead-letters redrive', input, words: `Send the dead letters of ${sink} again` }
    })
  return [...fetched, ...redriven]
}

/** The same as a command line. */
export function commandOf({ operation, input }: Recovery): string {
  const { sink, apply, ...rest } = input
  const options = Object.entries(rest).map(([name, value]) => `--${name} ${String(value)}`)
  const parts = ['auth0-logs', operation, ...(sink === undefined ? [] : [String(sink)]), ...options]
  return [...parts, ...(apply === true ? ['--apply'] : [])].join(' ')
}

/** Hours that follow each other, as first and last. */
function spans(hours: readonly HourRow[]): [HourRow, HourRow][] {
  const found: [HourRow, HourRow][] = []
  for (const hour of hours) {
    const last = found.at(-1)
    if (last && last[1].to === hour.from) last[1] = hour
    else found.push([hour, hour])
  }
  return found
}

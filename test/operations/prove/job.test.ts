// Proofs as jobs: who asks for what is being proved already gets that one, and what a proof came to stands in its record.
import { expect, test } from 'vitest'
import { dayIn } from '../../../services/operations/prove/days.ts'
import { endedProof, isProof, newProof, type Plan, proofJobs, sameProof } from '../../../services/operations/prove/job.ts'
import { recoveriesOf } from '../../../services/operations/prove/recover.ts'
import { jobKey, newJob } from '../../../services/topics/jobs.ts'
import type { Certificate } from '../../../services/topics/proof-records.ts'
import { rightCertificate } from '../../support/foreign-records.ts'
import { schemaProblems } from '../../support/schemas.ts'

const plan = (more: Partial<Plan> = {}): Plan => ({ day: dayIn('2026-11-27', 'UTC'), sinks: [], auth0: true, by: 'ada', ...more })

test('a proof under way - is found by who asks for the very same, and by nobody else', () => {
  const job = newProof(plan(), 'a-1')
  const control = new Map<string, unknown>([
    ['job/backfill/b', newJob({ id: 'b', service: 'backfill', kind: 'backfill', from: '', by: 'ada' })],
    [jobKey(job), job],
  ])
  expect(proofJobs(control)).toEqual([job])
  expect(sameProof(control, plan({ by: 'bob' }))?.id).toBe('a-1')
  for (const other of [
    { day: dayIn('2026-11-26', 'UTC') },
    { day: dayIn('2026-11-27', 'Europe/Berlin') },
    { sinks: ['segment'] },
    { auth0: false },
  ])
    expect(sameProof(control, plan(other))).toBeUndefined()
  control.set(jobKey(job), { ...job, state: 'done' })
  expect(sameProof(control, plan())).toBeUndefined()
})

test("a proof's record - fits the schema, before and after", () => {
  const job = newProof(plan(), 'a-1')
  const ended = endedProof(job, rightCertificate as unknown as Certificate)
  for (const record of [job, ended]) {
    expect(schemaProblems('control-job', record)).toEqual([])
    expect(isProof(record)).toBe(true)
  }
  expect(ended).toMatchObject({ state: 'done', proof: { verdict: 'incomplete', hours: 'c' }, delivered: 1, failed: 1 })
})

test('what closes the gaps - hours that follow each other are one backfill, each sink with dead letters one redrive', () => {
  const { hours } = dayIn('2026-11-27', 'UTC')
  const rows = hours.map(({ at, from, to }, n) => ({
    ...rightCertificate.hours[0],
    at,
    from: new Date(from).toISOString(),
    to: new Date(to).toISOString(),
    reasons: [3, 4, 9].includes(n) ? ['missing'] : [],
    topic: { ...rightCertificate.hours[0].topic, missing: [3, 4, 9].includes(n) ? 1 : 0 },
    sinks: { segment: { ...rightCertificate.hours[0].sinks.segment, dead_lettered: n === 7 ? { http_400: 2 } : {} } },
  }))
  const found = recoveriesOf({ ...rightCertificate, hours: rows } as unknown as Certificate)
  expect(found.map(({ operation, input }) => [operation, input.from, input.to])).toEqual([
    ['backfill', '2026-11-27T03:00:00.000Z', '2026-11-27T04:59:59.999Z'],
    ['backfill', '2026-11-27T09:00:00.000Z', '2026-11-27T09:59:59.999Z'],
    ['dead-letters redrive', '2026-11-27T00:00:00.000Z', undefined],
  ])
})

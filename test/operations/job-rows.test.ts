// `jobs list`: rows of jobs that nobody is at, and why; a backfill's progress; pages and kinds. No service runs here.
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import { jobsList, type JobRow } from '../../services/operations/jobs.ts'
import { publishControl, type JobRecord } from '../../services/topics/control.ts'
import { newJob } from '../../services/topics/jobs.ts'
import { newPrefix } from '../support/kafka.ts'
import { announce, serviceRecord } from './announced.ts'
import { type Operator, operator } from './asking.ts'

const prefix = newPrefix()
let asking: Operator

const job = (id: string, service: string, more: Partial<JobRecord>) =>
  newJob({ id, service, kind: 'replay', from: 'earliest', by: 'ann', ...more })
const ranges = [{ partition: 0, from: 0, to: 0 }]
const at = (minute: number) => `2026-03-04T05:0${minute}:00.000Z`
const ended = { state: 'done', ended_at: at(9) } as const

beforeAll(async () => {
  asking = operator(inject('brokers'), prefix)
  const { client, producer } = asking.context
  const backfill = serviceRecord(prefix, 'backfill', { kind: 'backfill', group: `${prefix}.backfill` })
  await announce(client, producer, [serviceRecord(prefix, 'segment'), serviceRecord(prefix, 'cloudwatch'), backfill])
  const state = { state: 'paused', by: 'ann', at: at(0) }
  await publishControl(client, producer, 'state/cloudwatch', state)
  const jobs = [
    job('first', 'segment', { ranges, at: at(1) }),
    job('second', 'segment', { ranges, at: at(2) }),
    job('redriven', 'segment', { kind: 'redrive', ranges, at: at(3), ...ended }),
    job('put-away', 'segment', { kind: 'acknowledge', ranges, at: at(4), ...ended }),
    job('paused', 'cloudwatch', { ranges, at: at(5) }),
    job('gone', 'nobody', { ranges, at: at(6) }),
    job('half', 'backfill', {
      kind: 'backfill',
      state: 'running',
      from: '2026-03-04T04:00:00.000Z',
      to: '2026-03-04T05:00:00.000Z',
      checkpoint: '90020260304043000000000000000000000000000000000000000000',
      delivered: 1_234,
      at: at(7),
    }),
  ]
  for (const one of jobs) await publishControl(client, producer, `job/${one.service}/${one.id}`, one)
}, 60_000)
afterAll(() => asking.close())

const list = (given = {}) => asking.do<{ jobs: JobRow[]; total: number }>(jobsList, given)
const ids = async (given: object) => (await list(given)).jobs.map(({ id }) => id)

describe('jobs list', () => {
  it('waits - says why a job does not go on, and what has to happen first', async () => {
    const { jobs } = await list()
    const waits = Object.fromEntries(jobs.map((row) => [row.id, row.waits]))
    expect(waits).toEqual({
      first: 'No process of segment is running: the job starts when one does.',
      second: 'No process of segment is running: the job starts when one does.',
      redriven: '',
      paused: 'cloudwatch is paused: the job goes on when it is resumed.',
      gone: 'No process of nobody is running: the job starts when one does.',
      half: 'No process of backfill is running: the job starts when one does.',
    })
  })

  it('a backfill - is as far as the minutes of the log that it has come past', async () => {
    const { jobs } = await list({ kind: ['backfill'] })
    expect(jobs).toMatchObject([{ id: 'half', done: 30, total: 60, unit: 'minutes', delivered: 1_234, state: 'running' }])
  })

  it('kinds and pages - newest first; what was put away is no job', async () => {
    expect(await ids({})).toEqual(['half', 'gone', 'paused', 'redriven', 'second', 'first'])
    expect(await ids({ kind: ['replay'], limit: 3 })).toEqual(['gone', 'paused', 'second'])
    expect(await ids({ kind: ['replay'], limit: 3, page: 2 })).toEqual(['first'])
    expect((await list({ kind: ['replay'], limit: 3, page: 2 })).total).toBe(4)
    expect(await ids({ kind: ['replay', 'redrive'], limit: 4 })).toEqual(['gone', 'paused', 'redriven', 'second'])
    await expect(list({ kind: ['acknowledge'] })).rejects.toThrow(
      /^kind: must be of replay, redrive, backfill, not "acknowledge"/,
    )
    expect(await ids({ sink: 'segment', open: true })).toEqual(['second', 'first'])
  })
})

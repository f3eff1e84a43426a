// `replay --to` and `jobs`: a range once more beside the live group, killed and resumed, cancelled; what is shown meanwhile.
import { describe, expect } from 'vitest'
import { type JobRow, jobsCancel, jobsList, jobsShow } from '../../services/operations/jobs.ts'
import { type Replayed, replay } from '../../services/operations/replay.ts'
import { until } from '../support/wait.ts'
import type { Operator } from './asking.ts'
import { timedEvents } from './asking.ts'
import { sceneTest, startProcess } from './scene.ts'

const test = sceneTest()
const show = (ask: Operator['do'], id: string) => ask<JobRow & { ranges: { reached: number; to: number }[] }>(jobsShow, { id })
const untilState = (ask: Operator['do'], id: string, states: string[]) =>
  until(
    `the job to be ${states.join(' or ')}`,
    () => show(ask, id),
    ({ state }) => states.includes(state),
    { everyMs: 700, limitMs: 30_000 },
  )

describe('jobs', { concurrent: true, timeout: 60_000 }, () => {
  test('replay --to - killed and resumed without a gap, while the live group goes on untouched', async ({
    ask,
    place,
    vendor,
    arrived,
    onTestFinished,
  }) => {
    const first = await startProcess(place, vendor, onTestFinished)
    const begin = Date.now() - 3_600_000
    const events = timedEvents(2_000, begin, 1_000)
    await place.produce(events.map(({ record }) => record))
    expect(await place.settled()).toMatchObject({ delivered: 2_000, problems: [] })
    vendor.reset()
    const range = { sink: 'segment', from: new Date(events[500].time).toISOString(), to: events[1_499].id, rate: 200 }
    const preview = await ask<Replayed>(replay, range)
    expect(preview).toMatchObject({ kind: 'job', events: 1_000, applied: false })
    expect(preview.partitions.map(({ from, to }) => to - from + 1)).toEqual(preview.partitions.map((row) => row.events))
    const { job } = await ask<Replayed>(replay, { ...range, apply: true })
    await until('some of the job', arrived, ({ length }) => length >= 300)
    await first.kill()
    const atKill = arrived().length
    const live = timedEvents(50, Date.now(), 1)
    await place.produce(live.map(({ record }) => record))
    await startProcess(place, vendor, onTestFinished)
    expect(await untilState(ask, job, ['done'])).toMatchObject({
      state: 'done',
      done: 1_000,
      total: 1_000,
      delivered: 1_000,
      failed: 0,
    })
    expect(atKill).toBeLessThan(1_000)
    expect(await place.settled()).toMatchObject({ delivered: 2_050, duplicates: 0, problems: [] })
    const wanted = [...events.slice(500, 1_500), ...live].map(({ id }) => id)
    expect([...new Set(arrived())]).toEqual(wanted.toSorted())
    // What was delivered after the last commit comes again: of the job one batch a second of the rate at most.
    expect(arrived().length - wanted.length).toBeLessThanOrEqual(200)
    const { jobs } = await ask<{ jobs: JobRow[] }>(jobsList, { sink: 'segment' })
    expect(jobs).toMatchObject([{ id: job, kind: 'replay', state: 'done', rate: 200, by: 'test' }])
  })

  test('jobs cancel - ends a job where it is, and says how far it came', async ({ ask, place, arrived }) => {
    await place.start()
    const events = timedEvents(300, Date.now() - 3_600_000, 1_000)
    await place.produce(events.map(({ record }) => record))
    await place.settled()
    const { job } = await ask<Replayed>(replay, { sink: 'segment', from: 'earliest', to: 'latest', rate: 50, apply: true })
    await until('some of the job', arrived, ({ length }) => length >= 350)
    expect(await show(ask, job)).toMatchObject({ state: 'running', members: 1, total: 300, rate: 50 })
    const { after } = await ask<{ after: JobRow }>(jobsCancel, { id: job })
    expect(after).toMatchObject({ state: 'cancelled', total: 300 })
    expect(after.delivered).toBe(arrived().length - 300)
    expect(after.done).toBe(after.delivered)
    await expect(ask(jobsCancel, { id: job })).rejects.toThrow(/has ended already: cancelled/)
    await expect(ask(jobsCancel, { id: 'nothing' })).rejects.toThrow(/Unknown job "nothing"/)
  })

  test('jobs cancel - of a sink that does not run', async ({ ask, place }) => {
    const member = await place.start()
    await place.produce(timedEvents(30, Date.now() - 60_000, 1).map(({ record }) => record))
    await place.settled()
    await member.close()
    const { job } = await ask<Replayed>(replay, { sink: 'segment', from: 'earliest', to: 'latest', apply: true })
    expect(await show(ask, job)).toMatchObject({ state: 'waiting', members: 0, done: 0, total: 30 })
    expect(await ask(jobsCancel, { id: job })).toMatchObject({ after: { state: 'cancelled', done: 0, delivered: 0 } })
  })

  test('a paused sink - its job waits too', async ({ ask, place, arrived }) => {
    await place.start()
    await place.produce(timedEvents(30, Date.now() - 60_000, 1).map(({ record }) => record))
    await place.settled()
    await place.setState('paused')
    const paused = await ask<Replayed>(replay, { sink: 'segment', from: 'offset:0', to: 'offset:4', apply: true })
    expect(paused).toMatchObject({
      events: 15,
      message: expect.stringMatching(/segment is paused: it waits until the sink runs/) as string,
    })
    await untilState(ask, paused.job, ['running'])
    expect(arrived()).toHaveLength(30)
    await place.setState('running')
    await untilState(ask, paused.job, ['done'])
    expect(arrived()).toHaveLength(45)
  })
})

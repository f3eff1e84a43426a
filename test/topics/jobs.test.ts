// Which dead letters a redrive asks for, and which belong to one already.
import { describe, expect, it } from 'vitest'
import type { JobRecord } from '../../services/topics/control.ts'
import { asksFor, endedJob, isOpen, jobsOf, redriveOf, sinkOf } from '../../services/topics/jobs.ts'

const redrive = (more: Partial<JobRecord> = {}): JobRecord => ({
  v: 1,
  id: 'a',
  service: 'sink',
  kind: 'redrive',
  state: 'done',
  ranges: [{ partition: 0, from: 10, to: 20 }],
  from: '',
  to: '',
  reason: '',
  rate: 0,
  delivered: 0,
  failed: 0,
  error: '',
  ended_at: '2026-03-04T05:06:07Z',
  checkpoint: '',
  by: 'me',
  at: '2026-03-04T05:06:07Z',
  ...more,
})
const letter = (offset: number, reason = 'http_400', logId = '900') => ({ offset, reason, logId })

describe('redrive', () => {
  it.each([
    ['the first offset', letter(10), {}, true],
    ['the last offset', letter(19), {}, true],
    ['the end, which is not included', letter(20), {}, false],
    ['an offset before', letter(9), {}, false],
    ['its reason', letter(15), { reason: 'http_400' }, true],
    ['another reason', letter(15), { reason: 'too_old' }, false],
    ['its log', letter(15), { log_id: '900' }, true],
    ['another log', letter(15), { log_id: '901' }, false],
  ])('asksFor - %s', (_, one, more, asks) => {
    expect(asksFor(redrive(more), one)).toBe(asks)
  })

  it('redriveOf - a cancelled one owns what it came to, an open one all that it asked for, a replay none', () => {
    const cancelled = redrive({ state: 'cancelled', ranges: [{ partition: 0, from: 10, to: 20, reached: 14 }] })
    expect([13, 14].map((offset) => redriveOf([cancelled], letter(offset))?.id)).toEqual(['a', undefined])
    const wanted = redrive({ id: 'b', state: 'wanted', ended_at: '' })
    expect(redriveOf([cancelled, wanted], letter(14))?.id).toBe('b')
    expect(redriveOf([redrive({ kind: 'replay' })], letter(14))).toBeUndefined()
  })

  it('jobsOf - those of one service, oldest first, without resets', () => {
    const later = redrive({ id: 'later', at: '2026-03-05T00:00:00Z' })
    const records = new Map<string, unknown>([
      ['job/sink/later', later],
      ['job/sink/a', redrive()],
      ['job/sink/reset', redrive({ kind: 'reset' })],
      ['job/sink.sandbox/a', redrive({ service: 'sink.sandbox' })],
      ['state/sink', { state: 'running' }],
    ])
    expect(jobsOf(records, 'sink')).toEqual([redrive(), later])
    expect(sinkOf('sink.sandbox')).toBe('sink')
  })

  it('endedJob - says how far it came', () => {
    const ranges = [{ partition: 0, from: 10, to: 20, reached: 14 }]
    const progress = { ranges, done: 4, total: 10, delivered: 3, failed: 1, leftOut: 0, expired: 0 }
    const ended = endedJob(redrive({ state: 'wanted', ended_at: '' }), 'cancelled', progress, new Date('2026-03-06T00:00:00Z'))
    expect(ended).toMatchObject({ state: 'cancelled', ranges, delivered: 3, failed: 1, ended_at: '2026-03-06T00:00:00.000Z' })
    expect(isOpen(ended)).toBe(false)
  })
})

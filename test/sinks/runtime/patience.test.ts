// How long is waited for somebody who does not take what they are given.
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { createBell } from '../../../services/sinks/runtime/bell.ts'
import { createPatience } from '../../../services/sinks/runtime/patience.ts'

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance', 'Date'] })
})
afterEach(() => {
  vi.useRealTimers()
})

const open = (graceMs?: number) => createPatience({ changed: () => {}, random: () => 0.999_999, graceMs })
const failure = { kind: 'retry', reason: 'http_500', message: 'down' } as const

describe('patience', () => {
  it('patience - deliveries that fail together are one attempt; each round waits longer, 30 s at most', () => {
    const patience = open()
    for (let i = 0; i < 4; i++) patience.failed(failure)
    expect([patience.trouble()?.attempts, patience.waitMs()]).toEqual([1, 200])
    const waits: number[] = []
    for (let round = 0; round < 10; round++) {
      vi.advanceTimersByTime(patience.waitMs())
      patience.failed(failure)
      waits.push(Math.round(patience.waitMs()))
    }
    expect(waits).toEqual([400, 800, 1_600, 3_200, 6_400, 12_800, 25_600, 30_000, 30_000, 30_000])
  })

  it.each([
    [5_000, 5_000],
    [1e12, 900_000],
    [Number.POSITIVE_INFINITY, 900_000],
    [Number.NaN, 200],
    [-5, 200],
  ])('patience - the vendor asks for %f ms: waits %i', (afterMs, waits) => {
    const patience = open()
    patience.failed({ ...failure, afterMs })
    expect(patience.waitMs()).toBe(waits)
  })

  it('patience - tells since when by the first failure, and ends with a success', () => {
    const patience = open()
    const since = Date.now()
    patience.failed(failure)
    vi.advanceTimersByTime(70_000)
    patience.failed({ ...failure, kind: 'hold', reason: 'http_401' })
    expect(patience.trouble()).toMatchObject({ kind: 'hold', reason: 'http_401', since, attempts: 2 })
    patience.succeeded()
    expect([patience.trouble(), patience.waitMs()]).toEqual([undefined, 0])
  })

  it('patience - ends its waiting when an operator says so, and still knows of the trouble; the next failure waits longer', () => {
    const patience = open()
    for (let round = 0; round < 4; round++, vi.advanceTimersByTime(patience.waitMs())) patience.failed(failure)
    patience.failed(failure)
    expect(patience.trouble()?.nextTry).toBe(Date.now() + patience.waitMs())
    patience.tryNow()
    expect([patience.trouble()?.attempts, patience.waitMs()]).toEqual([5, 0])
    patience.failed(failure)
    expect([patience.trouble()?.attempts, Math.round(patience.waitMs())]).toEqual([6, 6_400])
  })

  it('patience - what is over within the grace is no trouble', () => {
    const patience = open(10_000)
    patience.failed(failure)
    vi.advanceTimersByTime(9_999)
    expect(patience.trouble()).toBeUndefined()
    vi.advanceTimersByTime(1)
    expect(patience.trouble()?.reason).toBe('http_500')
  })
})

describe('bell', () => {
  it('bell - wakes all that wait, at the ring or when their time is over', async () => {
    const bell = createBell()
    const heard: string[] = []
    void bell.wait().then(() => heard.push('ring'))
    void bell.wait(500).then(() => heard.push('time'))
    await vi.advanceTimersByTimeAsync(500)
    expect(heard).toEqual(['time'])
    bell.ring()
    await vi.advanceTimersByTimeAsync(0)
    expect([heard, vi.getTimerCount()]).toEqual([['time', 'ring'], 0])
  })

  it('bell - a ring between the look and the wait is not missed', async () => {
    const bell = createBell()
    const rings = bell.rings()
    bell.ring()
    await expect(bell.wait(undefined, rings)).resolves.toBeUndefined()
  })

  it('bell - a time longer than timers can hold is no time at once', async () => {
    const bell = createBell()
    const over = vi.fn<() => void>()
    void bell.wait(1e12).then(over)
    await vi.advanceTimersByTimeAsync(60_000)
    expect(over).not.toHaveBeenCalled()
  })
})

// What every service does around its own work.
import { describe, expect, test, vi } from 'vitest'
import { createLifecycle, sleep } from '../../services/platform/lifecycle.ts'
import { createLogger } from '../../services/platform/logger.ts'
import { repeat, untilKafka, watchKafka } from '../../services/topics/service.ts'

const log = createLogger('test', 'silent')

describe('untilKafka', () => {
  test('asks until there is an answer', async () => {
    let asked = 0
    const { signal } = new AbortController()
    const ask = async () => {
      if (++asked < 2) throw new Error('away')
      return 'here'
    }
    expect(await untilKafka(log, signal, 'nothing is lost', ask)).toBe('here')
  })

  test('a service that closes meanwhile - ends the question with the reason, never with an answer that is none', async () => {
    const lifecycle = createLifecycle()
    const answer = untilKafka(log, lifecycle.signal, 'nothing is lost', () => Promise.reject(new Error('away')))
    await lifecycle.close()
    await expect(answer).rejects.toThrow('the service is closing')
  })
})

describe('repeat', () => {
  test('never twice at a time, and goes on after a failure', async () => {
    const stop = new AbortController()
    let running = 0
    let most = 0
    let times = 0
    repeat(stop.signal, 1, log, async () => {
      running++
      most = Math.max(most, running)
      await sleep(20)
      running--
      if (++times === 2) throw new Error('once')
    })
    await vi.waitFor(() => expect(times).toBeGreaterThan(3))
    stop.abort()
    expect(most).toBe(1)
  })
})

describe('watchKafka', () => {
  test('says what is wrong while Kafka does not answer', async () => {
    const stop = new AbortController()
    const { answers, problem } = watchKafka(log, stop.signal, () => Promise.reject(new Error('refused')), { away: '', back: '' })
    await vi.waitFor(() => expect(problem()).toBe('Kafka does not answer (refused)'))
    expect(answers()).toBe(false)
    stop.abort()
  })
})

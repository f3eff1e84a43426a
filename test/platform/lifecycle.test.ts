// Closing in order and under limits, and the exit statuses of a service, with a process that only notes what is asked of it.
import { describe, expect, test, vi } from 'vitest'
import { SettingsError } from '../../services/platform/errors.ts'
import { createLifecycle, type Lifecycle, type Process, runProcess, sleep, within } from '../../services/platform/lifecycle.ts'

const forever = () => new Promise<never>(() => {})

describe('createLifecycle', () => {
  test('closers - run in reverse order, one after the other', async () => {
    const lifecycle = createLifecycle()
    const seen: string[] = []
    for (const name of ['kafka', 'http', 'poll']) {
      lifecycle.onClose(name, async () => {
        seen.push(`${name} begins`)
        await sleep(5)
        seen.push(`${name} ends`)
      })
    }
    expect(await lifecycle.close()).toEqual([])
    expect(seen).toEqual(['poll begins', 'poll ends', 'http begins', 'http ends', 'kafka begins', 'kafka ends'])
  })

  test('closers - run once; who closes again waits for the first and gets its answer', async () => {
    const lifecycle = createLifecycle()
    let closed = 0
    lifecycle.onClose('kafka', async () => {
      await sleep(5)
      closed++
      throw new Error('socket gone')
    })
    void lifecycle.close()
    expect(await lifecycle.close()).toEqual(['kafka: socket gone'])
    expect(await lifecycle.close()).toEqual(['kafka: socket gone'])
    expect(closed).toBe(1)
  })

  test('closers - that reject, throw or hang are named and do not stop the others', async () => {
    const lifecycle = createLifecycle()
    const closed: string[] = []
    lifecycle.onClose('first', () => closed.push('first'))
    lifecycle.onClose('rejecting', () => Promise.reject(new Error('socket gone')))
    lifecycle.onClose('second', () => closed.push('second'))
    lifecycle.onClose('throwing', () => {
      throw new Error('not open')
    })
    lifecycle.onClose('third', () => closed.push('third'))
    lifecycle.onClose('hanging', forever, 20)
    expect(await lifecycle.close()).toEqual([
      'hanging: closing hanging took longer than 20 ms',
      'throwing: not open',
      'rejecting: socket gone',
    ])
    expect(closed).toEqual(['third', 'second', 'first'])
  })

  test('signal - is aborted before the first closer runs', async () => {
    const lifecycle = createLifecycle()
    let aborted = false
    lifecycle.onClose('poll', () => (aborted = lifecycle.signal.aborted))
    expect(lifecycle.signal.aborted).toBe(false)
    await lifecycle.close()
    expect(aborted).toBe(true)
  })

  test('closer that comes while closing - is run too', async () => {
    const lifecycle = createLifecycle()
    const late = vi.fn()
    lifecycle.onClose('early', async () => {
      await sleep(1)
      lifecycle.onClose('late', late)
    })
    await lifecycle.close()
    expect(late).toHaveBeenCalledOnce()
  })
})

/** A process that ends only on paper. */
function fakeProcess(env: Record<string, string> = {}) {
  const handlers = new Map<string, (argument?: unknown) => void>()
  const exits: number[] = []
  const written: string[] = []
  const process = {
    env,
    argv: ['node', 'main.ts'],
    on: (event: string, handler: () => void) => handlers.set(event, handler),
    exit: (status: number) => exits.push(status),
    stderr: { write: (text: string) => written.push(text) },
    stdout: { write: () => true },
  } as unknown as Process
  const emit = (event: string, argument?: unknown) => handlers.get(event)?.(argument)
  const ended = () => vi.waitFor(() => expect(exits.length).toBeGreaterThan(0), { interval: 2 })
  return { process, exits, emit, ended, stderr: () => written.join('') }
}

const opens = (close: () => unknown) => async (_: unknown, lifecycle: Lifecycle) => lifecycle.onClose('consumer', close, 20)

describe('runProcess', () => {
  test('start - gets the environment and goes on running', async () => {
    const fake = fakeProcess({ SEGMENT_KEY: 'k' })
    const start = vi.fn(async () => {})
    await runProcess(fake.process, start)
    expect(start).toHaveBeenCalledWith({ SEGMENT_KEY: 'k' }, expect.anything())
    expect(fake.exits).toEqual([])
  })

  test.each(['SIGTERM', 'SIGINT'])('%s - closes, then ends with status 0', async (signal) => {
    const fake = fakeProcess()
    const close = vi.fn(() => expect(fake.exits).toEqual([]))
    await runProcess(fake.process, opens(close))
    fake.emit(signal)
    await fake.ended()
    expect(close).toHaveBeenCalledOnce()
    expect(fake.exits).toEqual([0])
    expect(fake.stderr()).toBe('')
  })

  test('closer that hangs - ends with status 1 and is named', async () => {
    const fake = fakeProcess()
    await runProcess(fake.process, opens(forever))
    fake.emit('SIGTERM')
    await fake.ended()
    expect(fake.exits).toEqual([1])
    expect(fake.stderr()).toBe('not closed cleanly: consumer: closing consumer took longer than 20 ms\n')
  })

  test('second signal - ends at once with status 1', async () => {
    const fake = fakeProcess()
    await runProcess(fake.process, opens(forever))
    fake.emit('SIGTERM')
    expect(fake.exits).toEqual([])
    fake.emit('SIGINT')
    expect(fake.exits).toEqual([1])
  })

  test('bad settings - status 2, every problem on its own line, what was open is closed', async () => {
    const fake = fakeProcess()
    const close = vi.fn()
    await runProcess(fake.process, async (_, lifecycle) => {
      lifecycle.onClose('http', close)
      throw new SettingsError([
        { setting: 'SEGMENT_KEY', problem: 'is missing' },
        { setting: 'LOG_LEVEL', problem: 'must be one level' },
      ])
    })
    expect(fake.exits).toEqual([2])
    expect(fake.stderr()).toBe('SEGMENT_KEY: is missing\nLOG_LEVEL: must be one level\n')
    expect(close).toHaveBeenCalledOnce()
  })

  test('start that fails - status 1 with the words of the cause', async () => {
    const fake = fakeProcess()
    await runProcess(fake.process, () => Promise.reject(new Error('no broker', { cause: new Error('ECONNREFUSED') })))
    expect(fake.exits).toEqual([1])
    expect(fake.stderr()).toBe('could not start: no broker: ECONNREFUSED\n')
  })

  test('start that a signal cuts short - is a graceful end, not a failure', async () => {
    const fake = fakeProcess()
    const running = runProcess(fake.process, async (_, lifecycle) => {
      await sleep(5_000, lifecycle.signal)
      throw new Error('aborted')
    })
    fake.emit('SIGTERM')
    await running
    await fake.ended()
    expect(fake.exits).toEqual([0])
    expect(fake.stderr()).toBe('')
  })

  test.each([
    ['uncaughtException', new Error('a bug')],
    ['unhandledRejection', new Error('a bug')],
    ['unhandledRejection', 'a bug'],
  ])('%s - closes and ends with status 1', async (event, error) => {
    const fake = fakeProcess()
    const close = vi.fn()
    await runProcess(fake.process, opens(close))
    fake.emit(event, error)
    await fake.ended()
    expect(fake.exits).toEqual([1])
    expect(close).toHaveBeenCalledOnce()
    expect(fake.stderr()).toMatch(/^unexpected failure, the service ends: (Error: )?a bug/)
  })
})

describe('within', () => {
  test('work in time - gives its value or its error', async () => {
    expect(await within(Promise.resolve(7), 1_000, 'counting')).toBe(7)
    await expect(within(Promise.reject(new Error('no')), 1_000, 'counting')).rejects.toThrow('no')
  })

  test('work that takes too long - rejects with its name', async () => {
    await expect(within(forever(), 10, 'asking the broker')).rejects.toThrow('asking the broker took longer than 10 ms')
  })
})

describe('sleep', () => {
  test('signal - ends it early, without an error', async () => {
    const aborter = new AbortController()
    const slept = within(sleep(60_000, aborter.signal), 1_000, 'sleeping')
    aborter.abort()
    await slept
    await within(sleep(60_000, aborter.signal), 1_000, 'sleeping after the abort')
  })

  test('time - is waited for', async () => {
    const before = performance.now()
    await sleep(30, new AbortController().signal)
    expect(performance.now() - before).toBeGreaterThan(25)
  })
})

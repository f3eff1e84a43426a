// A process's life: what opens pushes its closer; closing runs in reverse, once, each under a time limit, and goes on after a failure.
import { errorText, SettingsError } from './errors.ts'
import type { Environment } from './settings.ts'

/** The part of `process` that a service uses. Only main.ts files touch the real one and hand it in. */
export type Process = Pick<NodeJS.Process, 'env' | 'argv' | 'on' | 'exit' | 'stderr' | 'stdout'>

export type Closer = { name: string; close: () => Promise<unknown> | unknown; limitMs?: number }

export type Lifecycle = {
  /** Registers what must be closed; the last one in is closed first. */
  onClose: (name: string, close: Closer['close'], limitMs?: number) => void
  /** Closes everything once; later calls wait for the first. Answers what failed, by name. */
  close: () => Promise<string[]>
  /** Aborted when closing begins: everything that waits listens to it. */
  signal: AbortSignal
  /** Something broke that the service cannot fix by itself: it closes and ends with status 1, to be started again. */
  fail: (error: Error) => void
}

/** A service ends within 10 s: what has not closed by then is cut off. */
const CLOSING_MS = 9_500
/** What is closed after that may still take so long. */
const LEAST_MS = 100

/** @param failed told of a failure that ends the service; closing is the caller's */
export function createLifecycle(failed: (error: Error) => void = () => {}): Lifecycle {
  const closers: Closer[] = []
  const aborter = new AbortController()
  let closing: Promise<string[]> | undefined
  async function closeAll(): Promise<string[]> {
    aborter.abort(new Error('the service is closing'))
    const failed: string[] = []
    const until = performance.now() + CLOSING_MS
    for (let closer = closers.pop(); closer; closer = closers.pop()) {
      try {
        const left = Math.max(LEAST_MS, until - performance.now())
        await within(Promise.resolve(closer.close()), Math.min(closer.limitMs ?? 5_000, left), `closing ${closer.name}`)
      } catch (error) {
        failed.push(`${closer.name}: ${errorText(error)}`)
      }
    }
    return failed
  }
  return {
    onClose: (name, close, limitMs) => void closers.push({ name, close, limitMs }),
    close: () => (closing ??= closeAll()),
    signal: aborter.signal,
    fail: failed,
  }
}

/**
 * Runs a service to its end. First SIGTERM or SIGINT closes it gracefully, a second ends it at once.
 * Exit status: 0 after a graceful end, 1 after a failure, 2 for bad settings (all problems on stderr, one a line).
 */
export async function runProcess(proc: Process, start: (env: Environment, lifecycle: Lifecycle) => Promise<void>): Promise<void> {
  const lifecycle = createLifecycle((error) => {
    proc.stderr.write(`the service ends, to be started again: ${errorText(error)}\n`)
    void end(1)
  })
  let signals = 0
  async function end(status: number): Promise<void> {
    const failed = await lifecycle.close()
    for (const failure of failed) proc.stderr.write(`not closed cleanly: ${failure}\n`)
    proc.exit(status || (failed.length > 0 ? 1 : 0))
  }
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    proc.on(signal, () => {
      if (++signals > 1) proc.exit(1)
      void end(0)
    })
  }
  // A terminal that closes and tools that renew files send it; Node would end at once, with bodies under way. Files are read anew anyway.
  proc.on('SIGHUP', () => {})
  proc.on('uncaughtException', (error) => {
    proc.stderr.write(`unexpected failure, the service ends: ${error.stack ?? errorText(error)}\n`)
    void end(1)
  })
  proc.on('unhandledRejection', (error) => {
    proc.stderr.write(`unexpected failure, the service ends: ${error instanceof Error ? error.stack : errorText(error)}\n`)
    void end(1)
  })
  try {
    await start(proc.env, lifecycle)
  } catch (error) {
    if (signals > 0) return
    proc.stderr.write(`${error instanceof SettingsError ? error.message : `could not start: ${errorText(error)}`}\n`)
    await end(error instanceof SettingsError ? 2 : 1)
  }
}

/** Rejects with a message that names the work when it takes longer than `limitMs`. */
export async function within<T>(work: Promise<T>, limitMs: number, what: string): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const limit = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${what} took longer than ${limitMs} ms`)), limitMs)
  })
  try {
    return await Promise.race([work, limit])
  } finally {
    clearTimeout(timer)
  }
}

/** Waits; ends early, without an error, when the signal is aborted. */
export function sleep(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal?.aborted) return resolve()
    const done = () => {
      clearTimeout(timer)
      signal?.removeEventListener('abort', done)
      resolve()
    }
    const timer = setTimeout(done, ms)
    signal?.addEventListener('abort', done, { once: true })
  })
}

/** Rejects with the signal's reason when it is aborted; never resolves. */
export function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    if (signal.aborted) reject(signal.reason as Error)
    else signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true })
  })
}

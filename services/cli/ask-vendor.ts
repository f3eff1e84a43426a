// `prove --ask-vendor`: each sink's main is started with `--confirm`, for only it knows its vendor, and with this environment, for the
// vendor's credentials are in no topic.
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { execPath } from 'node:process'
import { createInterface } from 'node:readline'
import type { Context } from '../operations/operation.ts'
import { type DeliveredLog, type Vendor, withVendors } from '../operations/prove/vendor.ts'
import { errorText } from '../platform/errors.ts'
import { within } from '../platform/lifecycle.ts'
import type { Certificate, VendorAsk } from '../topics/proof-records.ts'
import { isObject, parseJson } from '../topics/shapes.ts'
import type { Terminal } from './terminal.ts'

/** A sink's code is loaded in a second or two; on a very busy machine it takes far longer. */
const START_MS = 90_000
/** For some hundred logs, each with a call of its own within the vendor's rate, and what the vendor makes us wait. */
const ANSWER_MS = 600_000
const END_MS = 5_000

type Asking = { vendor: Vendor; close: () => Promise<void> }

/** A new certificate, with what the vendor of each sink says. */
export async function askVendors(
  context: Context,
  { env, servicesRoot, signal }: Terminal,
  certificate: Certificate,
  how: VendorAsk,
): Promise<Certificate> {
  const asking = await Promise.all(certificate.sinks.map(({ sink }) => openVendor(sink, servicesRoot, env, signal)))
  try {
    const vendors = asking.map(({ vendor }) => vendor)
    return await withVendors(context, certificate, how, vendors)
  } finally {
    await Promise.all(asking.map(({ close }) => close()))
  }
}

async function openVendor(sink: string, root: string, env: Terminal['env'], signal: AbortSignal): Promise<Asking> {
  const file = join(root, 'sinks', sink, 'main.ts')
  const failed = (problem: string): Vendor => ({ sink, state: 'failed', problem })
  if (!existsSync(file)) return { vendor: failed('this sink is not part of this installation'), close: async () => {} }
  const { next, write, close } = openProcess(file, env, signal)
  const ask = async (logs: readonly DeliveredLog[]) => {
    write({ logs: logs.map((log) => ({ ...log, value: log.value.toString('base64') })) })
    const { found, problem } = await next(ANSWER_MS)
    if (typeof problem === 'string') throw new Error(problem)
    if (!Array.isArray(found)) throw new Error('the sink’s process gave an answer that is not understood')
    return new Set(found.map(String))
  }
  try {
    const { confirms, problem } = await next(START_MS)
    if (confirms !== true)
      return { vendor: { sink, state: 'cannot', problem: 'this vendor cannot be asked what it holds' }, close }
    if (problem !== '')
      return {
        vendor: failed(
          `this machine does not have the sink's settings: ${String(problem)}. Ask where the sink runs, or set them here`,
        ),
        close,
      }
    return { vendor: { sink, ask }, close }
  } catch (error) {
    signal.throwIfAborted()
    return { vendor: failed(errorText(error)), close }
  }
}

/** `next` answers the next line of JSON that the process prints. */
function openProcess(file: string, env: Terminal['env'], signal: AbortSignal) {
  const child = spawn(execPath, [file, '--confirm'], {
    env: { ...env },
    stdio: ['pipe', 'pipe', 'pipe'],
    signal,
    killSignal: 'SIGKILL',
  })
  const ended = new Promise<void>((resolve) => {
    child.once('close', () => resolve())
    child.on('error', () => resolve())
  })
  let said = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => (said = (said + text).slice(-1_000)))
  child.stdin.on('error', () => {}) // it has ended: `next` says so
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  return {
    async next(limitMs: number): Promise<Record<string, unknown>> {
      const { value, done } = await within(lines.next(), limitMs, "the answer of the sink's process")
      const answer = done ? undefined : parseJson(value)
      if (isObject(answer)) return answer
      throw new Error(`the sink's process ended without an answer: ${said.trim().split('\n').at(-1) || 'it said nothing'}`)
    },
    write: (question: object) => void child.stdin.write(`${JSON.stringify(question)}\n`),
    async close() {
      child.stdin.end()
      await within(ended, END_MS, "the end of the sink's process").catch(() => child.kill('SIGKILL'))
    },
  }
}

// One log for all processes: a line each, with the service's name before it, pino's JSON turned into words.
import type { OnLine } from './child.ts'

export type Level = 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'fatal' | 'silent'

export type Output = {
  /** What a service prints. `level` says how lines that do not tell their level are taken. */
  from: (name: string, level?: (line: string, stream: 'stdout' | 'stderr') => Level) => OnLine
  /** Our own words. */
  say: (level: Level, message: string) => void
  /** Text without any prefix, whatever the level. */
  print: (text: string) => void
}

const ranks: readonly Level[] = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent']
const rank = (level: Level) => ranks.indexOf(level)

const codes = { red: 31, yellow: 33, dim: 2 }
/** Of the names, in their order: green, blue, magenta, cyan, and their bright ones. */
const nameCodes = [32, 34, 35, 36, 92, 94, 95, 96]

const own = 'npm start'

export function createOutput(options: {
  write: (text: string) => void
  /** All names that will come, so that the columns are aligned. */
  names: readonly string[]
  level: Level
  colour: boolean
  now?: () => Date
}): Output {
  const { write, level: least, colour, now = () => new Date() } = options
  const names = [own, ...options.names]
  const width = Math.max(...names.map((name) => name.length))
  const paint = (code: number, text: string) => (colour ? `\u001b[${code}m${text}\u001b[0m` : text)

  function line(name: string, at: Date, level: Level, text: string): void {
    if (rank(level) < rank(least)) return
    const prefix = paint(nameCodes[Math.max(0, names.indexOf(name)) % nameCodes.length], name.padEnd(width))
    const code = rank(level) >= rank('error') ? codes.red : level === 'warn' ? codes.yellow : undefined
    const body = `${level.padEnd(5)} ${printable(text)}`
    write(`${prefix} ${paint(codes.dim, clock(at))} ${code ? paint(code, body) : body}\n`)
  }
  return {
    from:
      (name, level = (_, stream) => (stream === 'stderr' ? 'error' : 'info')) =>
      (text, stream) => {
        const entry = readEntry(text)
        if (!entry) return line(name, now(), level(text, stream), text)
        line(name, entry.at ?? now(), entry.isRoutine ? 'debug' : entry.level, entry.text)
        for (const more of entry.stack) line(name, entry.at ?? now(), entry.level, more)
      },
    say: (level, message) => {
      for (const text of message.split('\n')) line(own, now(), level, text)
    },
    print: write,
  }
}

/** `isRoutine`: all is well, and a busy service says it many times a second; it would push everything else off the screen. */
type Entry = { at?: Date; level: Level; text: string; stack: string[]; isRoutine: boolean }

/** A line of platform/logger.ts; undefined for any other text. */
export function readEntry(text: string): Entry | undefined {
  if (!text.startsWith('{')) return undefined
  let fields: Record<string, unknown>
  try {
    fields = JSON.parse(text) as Record<string, unknown>
  } catch {
    return undefined
  }
  const { level, time, message, service: _, stack, ...rest } = fields
  if (!ranks.includes(level as Level)) return undefined
  const at = new Date(typeof time === 'string' || typeof time === 'number' ? time : Number.NaN)
  const error = rest.err as { message?: unknown; stack?: unknown } | undefined
  if (typeof error?.message === 'string') rest.err = error.message
  const trace = stack ?? error?.stack
  return {
    at: Number.isNaN(at.getTime()) ? undefined : at,
    level: level as Level,
    isRoutine: message === 'batch' && level === 'info',
    text: [String(message ?? ''), ...Object.entries(rest).map(([key, value]) => `${key}=${show(value)}`)].join(' ').trim(),
    // The first line of a stack repeats the message.
    stack: typeof trace === 'string' && rank(level as Level) >= rank('error') ? trace.split('\n').slice(1) : [],
  }
}

const show = (value: unknown) =>
  typeof value === 'string' && /^[^\s"=\p{Cc}]+$/u.test(value) ? value : (JSON.stringify(value) ?? String(value))

/** Control characters would move the terminal's cursor: they are shown, not sent. */
const printable = (text: string) => text.replace(/[^\P{Cc}\t]/gu, (c) => `\\x${c.charCodeAt(0).toString(16).padStart(2, '0')}`)

const clock = (at: Date) =>
  [at.getHours(), at.getMinutes(), at.getSeconds()].map((n) => String(n).padStart(2, '0')).join(':') +
  `.${String(at.getMilliseconds()).padStart(3, '0')}`

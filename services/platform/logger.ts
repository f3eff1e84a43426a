// The service's own log: pino, JSON lines on stdout. Secrets never get here: settings are masked by their rows.
import { type Logger, pino } from 'pino'
import { printableJson } from './printable.ts'
import { choice } from './settings.ts'

export type { Logger }

export const loggerFields = {
  loggerLevel: choice(
    'LOGGER_LEVEL',
    "Minimum level of the service's own log lines",
    ['trace', 'debug', 'info', 'warn', 'error', 'silent'],
    { default: 'info' },
  ),
}

/**
 * Lines hold nothing that moves a terminal's cursor, whatever a vendor answers. @param service the name that every line carries, e.g.
 * `ingest` or `segment` @param out where lines go: standard output unless given
 */
export function createLogger(
  service: string,
  level = 'info',
  out: { write: (line: string) => unknown } = standardOutput(),
): Logger {
  return pino(
    {
      level,
      base: { service },
      messageKey: 'message',
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
    },
    { write: (line: string) => void out.write(printableJson(line)) },
  )
}

/** One for the process. */
const standardOutput = () => (shared ??= pino.destination({ dest: 1, sync: true }))
let shared: { write: (line: string) => unknown } | undefined

// The service's own log: pino, JSON lines on stdout. Secrets never get here: settings are masked by their rows.
import { type Logger, pino } from 'pino'
import { choice } from './settings.ts'

export type { Logger }

export const loggerFields = {
  loggerLevel: choice(
    'LOGGER_LEVEL',
    "Least level of the service's own log lines",
    ['trace', 'debug', 'info', 'warn', 'error', 'silent'],
    { default: 'info' },
  ),
}

/** @param service the name that every line carries, e.g. `ingest` or `segment` */
export function createLogger(service: string, level = 'info'): Logger {
  return pino({
    level,
    base: { service },
    messageKey: 'message',
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label) => ({ level: label }) },
  })
}

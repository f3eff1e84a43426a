// Which services this project has: found by their folders, so that a new sink needs nothing here.
import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import type { Settings } from '../platform/settings.ts'
import type { localFields } from './fields.ts'

export type Roster = {
  sinks: string[]
  /** Those that deliver to a vendor and are asked what they are set up for. */
  delivering: string[]
  hasConsole: boolean
  hasSandbox: boolean
  /** Every name that the log shows. */
  names: string[]
  main: (name: string) => string
}

/** @param servicesRoot the folder `services`, or one built like it */
export function readRoster(servicesRoot: string): Roster {
  const main = (...path: string[]) => join(servicesRoot, ...path, 'main.ts')
  const here = (...path: string[]) => existsSync(main(...path))
  const folder = join(servicesRoot, 'sinks')
  const sinks = existsSync(folder) ? readdirSync(folder).filter((name) => name !== 'runtime' && here('sinks', name)) : []
  const delivering = [...sinks.toSorted(), ...['slack'].filter((name) => here(name))]
  return {
    sinks,
    delivering,
    hasConsole: here('console'),
    hasSandbox: here('sandbox'),
    names: ['kafka', 'sandbox', 'ingest', ...delivering, 'console'],
    main: (name) => (sinks.includes(name) ? main('sinks', name) : main(name)),
  }
}

/** The ports that were asked for, by the setting that names them; a sink takes any. */
export function rosterPorts(roster: Roster, settings: Settings<typeof localFields>): Record<string, number> {
  return {
    INGEST_PORT: settings.ingestPort,
    ...(roster.hasConsole ? { CONSOLE_PORT: settings.consolePort } : {}),
    ...(roster.delivering.includes('slack') ? { SLACK_PORT: settings.slackPort } : {}),
  }
}

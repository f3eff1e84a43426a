// The settings that an operator may change while the service runs: what console and CLI wrote wins over the environment.
import type { Logger } from '../platform/logger.ts'
import { checkSettings, type Environment } from '../platform/settings.ts'
import type { ControlRecords, SettingsRecord } from '../topics/control.ts'
import { prefixOf, slackFields, successFields } from './fields.ts'

const fields = {
  sendSuccess: slackFields.sendSuccess,
  dailyReportTime: slackFields.dailyReportTime,
  timeZone: slackFields.timeZone,
}

export type LiveSettings = ReturnType<typeof followSettings>

/** @param records the control topic, as it is now */
export function followSettings(env: Environment, records: ControlRecords, log: Logger) {
  let warned = ''

  function values(): Environment {
    const all: Record<string, string | undefined> = { ...env }
    for (const [key, record] of records) {
      if (!key.startsWith('settings/')) continue
      const service = key.slice('settings/'.length)
      for (const [name, value] of Object.entries((record as SettingsRecord).values ?? {})) {
        if (service === 'slack') all[name] = value
        // A sink's own, with or without its prefix: here all of them are known by their full names.
        else if (name.endsWith('SLACK_SEND_SUCCESS')) all[`${prefixOf(service)}_SLACK_SEND_SUCCESS`] = value
      }
    }
    return all
  }

  function settings() {
    const now = values()
    const { settings, problems } = checkSettings(fields, now, Object.keys(now))
    if (problems.length === 0) return settings
    const told = JSON.stringify(problems)
    if (told !== warned) log.warn({ problems }, 'a setting that an operator changed is not usable: those of the start hold')
    warned = told
    return checkSettings(fields, env, Object.keys(env)).settings
  }

  return {
    settings,
    /** Whether successful runs of a service are told: its own setting wins over the bare one. */
    tellsSuccess(service: string): boolean {
      const now = values()
      const { settings: own } = checkSettings(successFields(now), now, Object.keys(now))
      const one = own[prefixOf(service)]
      return typeof one === 'boolean' ? one : settings().sendSuccess
    },
  }
}

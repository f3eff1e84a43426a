// The environment of everything that `npm start` starts, and whether the ports in it can be had.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseEnv } from 'node:util'
import { type Problem, SettingsError } from '../platform/errors.ts'
import type { Environment, Settings } from '../platform/settings.ts'
import type { localFields } from './fields.ts'
import { isFree } from './ports.ts'
import { consoleUser } from './secrets.ts'

/** The project's .env below the environment itself, which wins. */
export function withDotEnv(root: string, env: Environment): Environment {
  try {
    return { ...parseEnv(readFileSync(join(root, '.env'), 'utf8')), ...env }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return env
    throw new Error(`${join(root, '.env')} cannot be read`, { cause: error })
  }
}

/** What every service gets, whatever it is. `login` is there where CONSOLE_USERS names nobody. */
export function serviceEnvironment(
  env: Environment,
  settings: Settings<typeof localFields>,
  dataDir: string,
  made: { token: string; login?: { name: string; password: string } },
): Environment {
  return {
    ...env,
    INGEST_PORT: String(settings.ingestPort),
    CONSOLE_PORT: String(settings.consolePort),
    SLACK_PORT: String(settings.slackPort),
    SINK_PORT: '0',
    INGEST_TOKENS: settings.ingestTokens.length > 0 ? settings.ingestTokens.join() : made.token,
    CONSOLE_USERS: made.login ? consoleUser(made.login.name, made.login.password) : settings.consoleUsers,
    RUN_WINDOW: String(settings.runWindow),
    LISTEN_HOST: settings.host,
    SANDBOX_PORT: String(settings.sandboxPort),
    // A third less work for each start: https://nodejs.org/docs/latest-v24.x/api/module.html#module-compile-cache
    NODE_COMPILE_CACHE: env.NODE_COMPILE_CACHE ?? join(dataDir, 'compile-cache'),
    // Where they listen is read in their logs, at level info; what is not wanted is not shown.
    LOGGER_LEVEL: ['trace', 'debug'].includes(settings.loggerLevel) ? settings.loggerLevel : 'info',
  }
}

/**
 * @param ports by the setting that names them; 0 is any free one @param host where they will listen
 * @throws SettingsError with every port that cannot be had
 */
export async function checkPorts(ports: Readonly<Record<string, number>>, host = '0.0.0.0'): Promise<void> {
  const problems: Problem[] = []
  for (const [setting, port] of Object.entries(ports)) {
    if (port === 0) continue
    const same = Object.keys(ports).find((other) => other !== setting && ports[other] === port)
    if (same) problems.push({ setting, problem: `port ${port} is also ${same}: choose another` })
    else if (!(await isFree(port, host))) {
      problems.push({
        setting,
        problem: `port ${port} is taken by another process, or not allowed: free it, or set ${setting} to another`,
      })
    }
  }
  if (problems.length > 0) throw new SettingsError(problems)
}

// One log as the Management API shows it: the same event as in a log stream, with the same log_id, in other bytes.
import type { LogData } from './logs-store.ts'

/** Fields that a stream leaves out where it has nothing to say, and the API answers as null. */
const NULLED = ['connection', 'connection_id', 'hostname', 'strategy', 'strategy_type', 'audience', 'scope'] as const
const SYSTEMS: readonly [RegExp, string][] = [
  [/Windows NT/, 'Windows 10.0.0'],
  [/iPhone OS (\d+)_(\d+)/, 'iOS $1.$2.0'],
  [/Mac OS X (\d+)[_.](\d+)[_.]?(\d*)/, 'Mac OS X $1.$2.$3'],
  [/Android/, 'Android 0.0.0'],
  [/Linux/, 'Linux 0.0.0'],
]
const BROWSERS: readonly [RegExp, string][] = [
  [/Edg\/(\d+)/, 'Edge $1.0.0'],
  [/Firefox\/(\d+)/, 'Firefox $1.0.0'],
  [/Chrome\/(\d+)/, 'Chrome $1.0.0'],
  [/Version\/(\d+)\.(\d+).*Mobile.*Safari/, 'Mobile Safari $1.$2.0'],
  [/Version\/(\d+)\.(\d+).*Safari/, 'Safari $1.$2.0'],
]

/** What recorded items have and streams do not: `_id`, `isMobile`, a parsed user agent, nulls; and no stream's own fields. */
export function apiItem({ log_id, environment_name: _environment, security_context: _security, ...item }: LogData) {
  const agent = item.user_agent
  for (const name of NULLED) item[name] ??= null
  if (typeof agent !== 'string') return { ...item, log_id, _id: log_id, isMobile: false }
  const { text, isMobile } = parsedAgent(agent)
  return { ...item, user_agent: text, log_id, _id: log_id, isMobile }
}

type Agent = { text: string; isMobile: boolean }
/** Logs in their thousands have the same few agents. */
const known = new Map<string, Agent>()

function parsedAgent(agent: string): Agent {
  const before = known.get(agent)
  if (before) return before
  const parsed = {
    text: `${firstMatch(BROWSERS, agent)} / ${firstMatch(SYSTEMS, agent)}`,
    isMobile: /Mobile|Android/.test(agent),
  }
  if (known.size < 1_000) known.set(agent, parsed)
  return parsed
}

function firstMatch(table: readonly [RegExp, string][], agent: string): string {
  for (const [pattern, name] of table) {
    const match = pattern.exec(agent)
    if (match) return name.replace(/\$(\d)/g, (_, group: string) => match[Number(group)] || '0')
  }
  return 'Other 0.0.0'
}

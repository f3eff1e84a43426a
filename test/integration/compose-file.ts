// The compose file as data, and what docker-compose 1.29 or Compose 2 would refuse or misread in one.
import { readFileSync } from 'node:fs'
import { parse } from 'yaml'

export type ComposeService = {
  image: string
  build?: Record<string, string>
  environment: Record<string, string | null>
  command?: string[]
  depends_on?: Record<string, { condition: string }>
  healthcheck?: Record<string, unknown>
  logging: { driver: string; options: Record<string, string> }
  volumes?: string[]
  ports?: string[]
} & Record<string, unknown>

export type ComposeFile = { services: Record<string, ComposeService>; volumes: Record<string, unknown> } & Record<string, unknown>

export const composeText = readFileSync(new URL('../../docker-compose.yml', import.meta.url), 'utf8')

export const readCompose = (text: string) => parse(text, { merge: true }) as ComposeFile

/** Known to both, of those that a service here could want: compose/config/compose_spec.json of 1.29.2 and the Compose Specification. */
const SERVICE_KEYS = new Set(
  `image build command entrypoint environment depends_on healthcheck hostname init logging mem_limit networks ports profiles read_only restart
  cap_drop security_opt stop_grace_period stop_signal tmpfs user volumes working_dir labels ulimits deploy secrets configs`.split(
    /\s+/,
  ),
)
const HEALTHCHECK_KEYS = new Set(['test', 'interval', 'timeout', 'retries', 'start_period', 'disable'])

/** One line a problem. https://github.com/compose-spec/compose-spec/blob/main/spec.md */
export function composeProblems(text: string): string[] {
  const file = readCompose(text)
  const problems: string[] = []
  const note = (isWrong: boolean, problem: string) => void (isWrong && problems.push(problem))
  for (const key of Object.keys(file)) {
    note(!/^(services|volumes|networks|x-.*)$/.test(key), `top-level ${key}`)
  }
  for (const [, variable] of text.matchAll(/(?<!\$)\$\{([^}]*)/g)) {
    note(!/^\w+(:?[-?][^$]*)?$/.test(variable), `interpolation \${${variable}}: only a default or a message, and no other in it`)
  }
  for (const [name, service] of Object.entries(file.services)) {
    for (const key of Object.keys(service)) note(!SERVICE_KEYS.has(key), `${name}: ${key}`)
    for (const key of Object.keys(service.healthcheck ?? {})) note(!HEALTHCHECK_KEYS.has(key), `${name}: healthcheck ${key}`)
    for (const key of Object.keys(service.build ?? {}))
      note(!/^(context|dockerfile|args|target)$/.test(key), `${name}: build ${key}`)
    for (const [other, needs] of Object.entries(service.depends_on ?? {})) {
      note(Object.keys(needs).join() !== 'condition', `${name}: depends_on ${other} holds more than a condition`)
    }
    for (const [setting, value] of Object.entries(service.environment ?? {})) {
      note(typeof value === 'boolean', `${name}: ${setting} is a bare boolean`)
    }
    for (const port of service.ports ?? []) note(typeof port !== 'string', `${name}: a port in the long form`)
  }
  return problems
}

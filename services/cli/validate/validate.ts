// `validate`: everything that can be wrong before anything is started, all at once. Services are found by their folders and asked with
// `--check` what their settings are worth.
import { execFile } from 'node:child_process'
import { existsSync, readdirSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { execPath } from 'node:process'
import type { Problem } from '../../platform/errors.ts'
import type { Environment } from '../../platform/settings.ts'
import { checkAuth0, checkKafka } from './network.ts'

export type Validated = {
  ok: boolean
  problems: Problem[]
  warnings: string[]
  /** Services that were checked, and those of which nothing is set. */
  checked: string[]
  unset: string[]
  /** All sinks, with what must be granted to each at its vendor, a line each. */
  sinks: Record<string, readonly string[]>
}

/** @param root the folder `services` */
export async function validate(
  root: string,
  env: Environment,
  { network, signal }: { network: boolean; signal: AbortSignal },
): Promise<Validated> {
  const services = await checkServices(root, env, network, signal)
  const checked = services.filter(isChecked)
  const unset = services.filter((service) => !isChecked(service))
  const writers = checked.filter(({ kind }) => kind !== 'other').map(({ service }) => service)
  const found = network ? await Promise.all([checkKafka(env, writers), checkAuth0(env, signal)]) : []
  const problems = unique([
    ...checked.flatMap((service) => service.problems),
    // Of a service that is not set up only a misspelt name is worth a word.
    ...unset.flatMap((service) => service.problems.filter(({ problem }) => problem.includes('did you mean'))),
    ...found.flatMap((one) => one.problems),
  ])
  return {
    ok: problems.length === 0,
    problems,
    warnings: found.flatMap((one) => one.warnings),
    checked: checked.map(({ service }) => service),
    unset: unset.map(({ service }) => service),
    sinks: Object.fromEntries(services.flatMap((one) => (one.kind === 'sink' ? [[one.service, one.permissions]] : []))),
  }
}

const isChecked = ({ kind, given }: Checked) => kind === 'ingest' || given.length > 0

/** Every service reads Kafka's settings and tells the same of them. */
const unique = (problems: readonly Problem[]) => [
  ...new Map(problems.map((one) => [`${one.setting}\n${one.problem}`, one])).values(),
]

/** What `node services/…/main.ts --check` prints as one JSON line. `kind` by its folder. */
export type Checked = { service: string; kind: 'ingest' | 'sink' | 'other' } & Answer

type Answer = { given: string[]; problems: Problem[]; permissions: string[] }

/** A service answers in a second or two; on a very busy machine it takes far longer. */
const ANSWER_MS = 90_000

/** @param root the folder `services` @param network whether sinks ask their vendors too */
export async function checkServices(root: string, env: Environment, network: boolean, signal: AbortSignal): Promise<Checked[]> {
  const main = (...path: string[]) => join(root, ...path, 'main.ts')
  const sinks = readdirSync(join(root, 'sinks')).filter((name) => existsSync(main('sinks', name)))
  const found = [
    { service: 'ingest', kind: 'ingest' as const, file: main('ingest') },
    ...sinks.toSorted().map((service) => ({ service, kind: 'sink' as const, file: main('sinks', service) })),
    ...['slack', 'console'].map((service) => ({ service, kind: 'other' as const, file: main(service) })),
  ].filter(({ file }) => existsSync(file))
  // A few at a time: each is a process that loads a whole service.
  const checked: Checked[] = []
  const waiting = [...found.entries()]
  const work = async () => {
    for (let next = waiting.shift(); next; next = waiting.shift()) {
      const [place, { service, kind, file }] = next
      checked[place] = { service, kind, ...(await ask(service, file, env, network, signal)) }
    }
  }
  await Promise.all(Array.from({ length: availableParallelism() }, work))
  return checked
}

function ask(service: string, file: string, env: Environment, network: boolean, signal: AbortSignal): Promise<Answer> {
  const args = [file, '--check', ...(network ? ['--network'] : [])]
  const limits = { timeout: ANSWER_MS, killSignal: 'SIGKILL' as const, signal }
  return new Promise((resolve) => {
    execFile(execPath, args, { env: { ...env }, ...limits }, (error, stdout, stderr) => {
      const answer = stdout.split('\n').map(readAnswer).find(Boolean)
      const late = error?.killed === true && !signal.aborted
      const why = late
        ? `no answer within ${ANSWER_MS / 1_000} s; try again when this machine is less busy`
        : stderr.trim().split('\n').at(-1) || (error ? error.message : 'it printed no JSON line')
      resolve(
        answer ?? {
          given: [service],
          problems: [{ setting: service, problem: `could not be checked: ${why}` }],
          permissions: [],
        },
      )
    })
  })
}

function readAnswer(line: string): Answer | undefined {
  try {
    const { given, problems = [], permissions = [] } = JSON.parse(line) as Partial<Answer>
    return Array.isArray(given) ? { given, problems, permissions } : undefined
  } catch {
    return undefined
  }
}

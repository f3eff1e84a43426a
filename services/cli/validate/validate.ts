// `validate`: everything that can be wrong before anything is started, all at once.
import type { Problem } from '../../platform/errors.ts'
import type { Environment } from '../../platform/settings.ts'
import { checkAuth0, checkKafka } from './network.ts'
import { type Checked, checkServices } from './services.ts'

export type Validated = {
  ok: boolean
  problems: Problem[]
  warnings: string[]
  /** Services that were checked, and those of which nothing is set. */
  checked: string[]
  unset: string[]
  sinks: string[]
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
    sinks: services.filter(({ kind }) => kind === 'sink').map(({ service }) => service),
  }
}

const isChecked = ({ kind, given }: Checked) => kind === 'ingest' || given.length > 0

/** Every service reads Kafka's settings and tells the same of them. */
const unique = (problems: readonly Problem[]) => [
  ...new Map(problems.map((one) => [`${one.setting}\n${one.problem}`, one])).values(),
]

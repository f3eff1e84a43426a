// What a service delivers to: it is asked with `--check` what it is set up for.
import { execPath } from 'node:process'
import { errorText, type Problem } from '../platform/errors.ts'
import type { Environment } from '../platform/settings.ts'
import { run } from './child.ts'

/** What `node services/sinks/<name>/main.ts --check` prints as one JSON line; or why it does not. */
export type Check =
  | {
      /** Names of its settings that are set. */
      given: string[]
      problems: Problem[]
      /** Environment for its stand-in; `$ORIGIN`, `$HOST`, `$PORT`, `$CA_FILE` stand for what the stand-in announces. */
      sandbox: Record<string, string>
    }
  | { unanswered: string }

/** Where a stand-in of the sandbox is reached: `origin`, `host`, `port`, `caFile`, as far as it has them. */
export type StandIn = Readonly<Record<string, string | number>>

export type Plan = {
  delivers: 'for real' | 'to the sandbox'
  /** Beside what every service gets. */
  env: Environment
  /** Why it is not started, one reason a line. */
  refused?: string[]
}

/** A service needs a second to answer, on a busy machine a minute: each attempt has longer. */
const CHECK_LIMITS_MS = [20_000, 40_000, 90_000]

/**
 * A service that is slow is asked again: its settings may be fine, and left out it would stay out.
 * @param slow told before each further attempt @param limitsMs one an attempt
 */
export async function askCheck(
  main: string,
  env: Environment,
  slow: (seconds: number) => void = () => {},
  signal?: AbortSignal,
  limitsMs: readonly number[] = CHECK_LIMITS_MS,
): Promise<Check> {
  let unanswered = 'it printed no JSON line'
  for (const [attempt, limitMs] of limitsMs.entries()) {
    const answer = await run({ command: execPath, args: [main, '--check'], env }, limitMs, signal)
    for (const line of answer.stdout.split('\n').toReversed()) {
      const check = readCheck(line)
      if (check) return check
    }
    unanswered = answer.stderr.trim() || unanswered
    if (!answer.late) break
    if (attempt < limitsMs.length - 1) slow(limitMs / 1_000)
  }
  return { unanswered }
}

function readCheck(line: string): Check | undefined {
  try {
    const check = JSON.parse(line) as { given?: string[]; problems?: Problem[]; sandbox?: Record<string, string> } | null
    if (!Array.isArray(check?.given)) return undefined
    return { given: check.given, problems: check.problems ?? [], sandbox: check.sandbox ?? {} }
  } catch {
    return undefined
  }
}

/** None of its settings given: its stand-in. Some, and all is well: the vendor. Some, with problems: it is not started. */
export function planDelivery(check: Check, standIn: StandIn | undefined): Plan {
  if ('unanswered' in check) return refuse('for real', `it does not answer --check: ${check.unanswered}`)
  if (check.given.length > 0) {
    if (check.problems.length === 0) return { delivers: 'for real', env: {} }
    return refuse('for real', ...check.problems.map(({ setting, problem }) => `${setting}: ${problem}`))
  }
  if (!standIn) return refuse('to the sandbox', 'none of its settings is given, and the sandbox has no stand-in for it')
  try {
    return { delivers: 'to the sandbox', env: { ...sandboxSettings(check.sandbox, standIn), SINK_SANDBOX: 'true' } }
  } catch (error) {
    return refuse('to the sandbox', errorText(error))
  }
}

const refuse = (delivers: Plan['delivers'], ...refused: string[]): Plan => ({ delivers, env: {}, refused })

/**
 * A service's settings for its stand-in: `$ORIGIN` becomes the stand-in's `origin`, `$CA_FILE` its `caFile`, and so on.
 * @throws where the stand-in does not tell it
 */
export function sandboxSettings(map: Readonly<Record<string, string>>, standIn: StandIn): Record<string, string> {
  const filled = (text: string) =>
    text.replace(/\$([A-Z]+(?:_[A-Z]+)*)/g, (variable, name: string) => {
      const value = standIn[name.toLowerCase().replace(/_(.)/g, (_, letter: string) => letter.toUpperCase())]
      if (value === undefined) throw new Error(`${variable} is not told by its stand-in in the sandbox`)
      return String(value)
    })
  return Object.fromEntries(Object.entries(map).map(([key, value]) => [key, filled(value)]))
}

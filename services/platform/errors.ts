// What can be wrong with a service before or while it runs, in words for the operator; anything else is a bug and keeps its stack.

/** A start refused for bad settings: every problem at once, one a line. The process ends with status 2. */
export class SettingsError extends Error {
  override name = 'SettingsError'
  readonly problems: Problem[]
  constructor(problems: Problem[]) {
    super(problems.map((p) => `${p.setting}: ${p.problem}`).join('\n'))
    this.problems = problems
  }
}

export type Problem = { setting: string; problem: string }

/** The error's own words, with the causes that libraries hide beneath it. */
export function errorText(error: unknown): string {
  if (!(error instanceof Error)) return typeof error === 'string' ? error : (JSON.stringify(error) ?? String(error))
  const code = (error as { code?: unknown }).code
  const own = error.message || (typeof code === 'string' ? code : error.name)
  if (error instanceof AggregateError && error.errors.length > 0 && !error.message) return errorText(error.errors[0])
  return error.cause ? `${own}: ${errorText(error.cause)}` : own
}

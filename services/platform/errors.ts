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
  const { code, errors, cause } = error as { code?: unknown; errors?: unknown; cause?: unknown }
  const nested = Array.isArray(errors) && errors.length > 0 ? withinText(errors) : cause ? errorText(cause) : ''
  const own = error.message
  if (nested === '' || nested === own) return own || (typeof code === 'string' ? code : error.name)
  return own === '' ? nested : `${own}: ${nested}`
}

/** Errors that carry others (Node's AggregateError, kafkajs' KafkaJSAggregateError): each text once, with the topic that it is about. */
function withinText(errors: unknown[]): string {
  const texts = errors.map((one) => {
    const topic = (one as { topic?: unknown } | null)?.topic
    return typeof topic === 'string' ? `${topic}: ${errorText(one)}` : errorText(one)
  })
  return [...new Set(texts)].join('; ')
}

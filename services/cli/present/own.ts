// What `validate` and `register` say.
import type { Registered } from '../register.ts'
import { facts } from '../table.ts'
import type { Style } from '../terminal.ts'
import type { Validated } from '../validate/validate.ts'

/** A line a problem; then what is worth knowing. */
export function presentValidated(
  { ok, problems, warnings, checked, unset }: Validated,
  acls: readonly string[] | undefined,
  network: boolean,
  style: Style,
): string {
  const told = network ? 'settings, Kafka, and the vendors and Auth0 where they are configured' : 'settings only (no network)'
  return [
    ...problems.map(({ setting, problem }) => `${style.red('✗')} ${style.bold(setting)}: ${problem}`),
    ...warnings.map((warning) => `${style.yellow('!')} ${warning}`),
    ok
      ? `${style.green('✓')} ${checked.join(', ')}: OK`
      : `${problems.length === 1 ? '1 problem' : `${problems.length} problems`}`,
    style.dim(`Checked ${told}.${unset.length > 0 ? ` Not configured: ${unset.join(', ')}.` : ''}`),
    ...(acls ? ['', ...acls] : []),
  ].join('\n')
}

/** Every field that is another now, or would be; then what is worth knowing. */
export function presentRegistered({ done, id, name, status, url, changes, warnings }: Registered, style: Style): string {
  const told = facts(
    [
      ['id', id],
      ['status', status],
      ['sends to', url],
    ],
    style.dim,
  )
  return [
    `Log stream ${style.bold(name)} ${done}`,
    told,
    ...changes.map(({ field, from, to }) => `  ${field}: ${from === '' ? '' : `${from} → `}${to}`),
    ...warnings.map((warning) => style.yellow(`! ${warning}`)),
  ].join('\n')
}

// Alert rules, their tests, the dashboard and the page of metrics tell of metrics that there are. services/deploy/check runs the rules'
// tests with promtool; test/faults/alerts.test.ts runs rules and queries against a real Prometheus.
import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { DEPLOY_README, metricRows, withMetrics } from '../support/metrics-table.ts'
import { dashboardQueries, RULES } from '../support/prometheus.ts'

type Rule = { alert: string; expr: string; for?: string; labels: { severity: string }; annotations: Record<string, string> }
const rules = (parse(readFileSync(RULES, 'utf8')) as { groups: { rules: Rule[] }[] }).groups.flatMap((group) => group.rules)
const tests = (
  parse(readFileSync(new URL('auth0-logs.test.yaml', RULES), 'utf8')) as {
    tests: { input_series: { series: string }[]; promql_expr_test?: { expr: string; exp_samples: object[] }[] }[]
  }
).tests
const readme = readFileSync(DEPLOY_README, 'utf8')

/** Put on by Prometheus, by Kubernetes, and by a histogram. */
const OTHER_LABELS = ['instance', 'job', 'namespace', 'pod', 'le', 'severity']

/** What an expression names that does not exist. */
function unknownIn(expr: string): string[] {
  const named = [...expr.matchAll(/\b(auth0_logs_\w+)(?:\{([^}]*)\})?/g)]
  const labels = new Set<string>(OTHER_LABELS)
  const unknown: string[] = []
  for (const [, name, matchers = ''] of named) {
    const row = metricRows.get(name) ?? metricRows.get(name.replace(/_(bucket|sum|count)$/, ''))
    if (!row || (row.type !== 'histogram' && !metricRows.has(name))) unknown.push(name)
    row?.labels.forEach((label) => labels.add(label))
    for (const [, label] of matchers.matchAll(/(\w+)\s*(?:=~|!~|!=|=)/g))
      if (!row?.labels.includes(label) && !OTHER_LABELS.includes(label)) unknown.push(`${name}{${label}}`)
  }
  for (const [, list] of expr.matchAll(/\b(?:by|on|group_left)\s*\(([^)]*)\)/g))
    unknown.push(
      ...list
        .split(',')
        .map((label) => label.trim())
        .filter((label) => !labels.has(label)),
    )
  return unknown
}

it.each([
  ['auth0_logs_delivered_totals', ['auth0_logs_delivered_totals']],
  ['auth0_logs_hold{sinks="a"}', ['auth0_logs_hold{sinks}']],
  ['auth0_logs_hold_bucket', ['auth0_logs_hold_bucket']],
  ['sum by (reasons) (auth0_logs_hold)', ['reasons']],
  ['sum by (sink, le) (rate(auth0_logs_batch_bytes_bucket{sink=~"a"}[1m]))', []],
])('a query that names what is not there - is found: %s', (expr, unknown) => {
  expect(unknownIn(expr)).toEqual(unknown)
})

describe('alerts', () => {
  it.each(rules)('$alert - asks for metrics and labels that there are', ({ expr }) => {
    expect(expr).toMatch(/auth0_logs_/)
    expect(unknownIn(expr)).toEqual([])
  })

  it.each(rules)('$alert - has a test in which it fires, and one that comes near', ({ alert }) => {
    const samples = tests
      .flatMap(({ promql_expr_test = [] }) => promql_expr_test)
      .filter(({ expr }) => expr.includes(`"${alert}"`))
    expect(samples.map(({ exp_samples }) => exp_samples.length).toSorted()).toEqual([0, 1])
  })

  it.each(rules)('$alert - says what it means and what to do, and how urgent it is', ({ labels, annotations }) => {
    expect(['critical', 'warning']).toContain(labels.severity)
    expect(annotations.summary.length).toBeGreaterThan(20)
    expect(annotations.description.length).toBeGreaterThan(60)
  })

  it('tests - feed series that there are', () => {
    expect(tests.flatMap(({ input_series }) => input_series).flatMap(({ series }) => unknownIn(series))).toEqual([])
  })

  it('README - has each of them with its urgency, and no other', () => {
    const told = [...readme.matchAll(/^\| `(Auth0Logs\w+)` \| (\w+) \|/gm)].map(([, alert, severity]) => `${alert} ${severity}`)
    expect(told.toSorted()).toEqual(rules.map(({ alert, labels }) => `${alert} ${labels.severity}`).toSorted())
  })
})

describe('dashboard', () => {
  it.each(dashboardQueries())('$panel - asks for metrics and labels that there are', ({ expr }) => {
    expect(expr).toMatch(/auth0_logs_/)
    expect(expr).not.toContain('$')
    expect(unknownIn(expr)).toEqual([])
  })
})

describe('README of deploy', () => {
  it('metrics - are those of the rows (npm run readme writes them)', () => {
    expect(withMetrics(readme)).toBe(readme)
  })
})

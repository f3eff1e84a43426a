// A real Prometheus that scrapes services of a test each second, with the alert rules of services/deploy; and the dashboard's queries.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { startChild } from '../../services/local/child.ts'
import { freePort } from '../../services/local/ports.ts'
import { startWatchdog } from '../../services/local/watchdog.ts'
import { until } from './wait.ts'

const DEPLOY = new URL('../../services/deploy/', import.meta.url)
export const RULES = new URL('alerts/auth0-logs.yaml', DEPLOY)
const DASHBOARD = new URL('grafana/auth0-logs.json', DEPLOY)

export type Sample = { metric: Record<string, string>; value: [at: number, value: string] }
export type Alert = { labels: Record<string, string>; state: 'pending' | 'firing' }

/** Closed with the test. @param targets origins of services @throws where no Prometheus is installed */
export async function startPrometheus(targets: readonly string[]) {
  const port = await freePort()
  const folder = mkdtempSync(join(tmpdir(), 'prometheus-'))
  const config = join(folder, 'prometheus.yaml')
  const hosts = targets.map((origin) => new URL(origin).host)
  writeFileSync(
    config,
    JSON.stringify({
      global: { scrape_interval: '1s', scrape_timeout: '1s', evaluation_interval: '1s' },
      rule_files: [RULES.pathname],
      scrape_configs: [{ job_name: 'auth0-logs', static_configs: [{ targets: hosts }] }],
    }),
  )
  const said: string[] = []
  const args = [
    `--config.file=${config}`,
    `--storage.tsdb.path=${join(folder, 'data')}`,
    `--web.listen-address=127.0.0.1:${port}`,
  ]
  const child = startChild({ command: 'prometheus', args, env: { PATH: process.env.PATH } }, (line) => said.push(line))
  if (child.pid === 0) throw new Error('this test needs a prometheus in PATH: apt-get install prometheus')
  startWatchdog().watch({ pid: child.pid })
  onTestFinished(async () => {
    await child.end(10_000)
    rmSync(folder, { recursive: true, force: true })
  })

  async function ask<T>(path: string): Promise<T> {
    const answer = await fetch(`http://127.0.0.1:${port}/api/v1/${path}`, { signal: AbortSignal.timeout(5_000) })
    const { status, data, error } = (await answer.json()) as { status: string; data: T; error?: string }
    if (status !== 'success') throw new Error(`prometheus: ${error} (${path})`)
    return data
  }
  const query = async (expr: string) => (await ask<{ result: Sample[] }>(`query?query=${encodeURIComponent(expr)}`)).result
  const isUp = async () => {
    if (child.hasEnded()) throw new Error(`prometheus has ended: ${said.slice(-5).join('\n')}`)
    return await query('up == 1').then(
      ({ length }) => length,
      () => 0,
    )
  }
  await until('prometheus to scrape every service', isUp, (up) => up === hosts.length, { limitMs: 60_000 })
  return {
    query,
    /** What is told now, pending ones too. */
    alerts: async () => (await ask<{ alerts: Alert[] }>('alerts')).alerts,
    targets: () => ask<{ activeTargets: { health: string; lastError: string }[] }>('targets?state=active'),
  }
}

export type DashboardQuery = { panel: string; expr: string }

type Panel = { title: string; type: string; targets?: { expr: string }[] }

/** Every query of the dashboard, as Grafana asks it where all namespaces and sinks are chosen. */
export function dashboardQueries(): DashboardQuery[] {
  const { panels } = JSON.parse(readFileSync(DASHBOARD, 'utf8')) as { panels: Panel[] }
  return panels.flatMap(({ title, targets = [] }) =>
    targets.map(({ expr }) => ({
      panel: title,
      expr: expr.replace(/\$(namespace|sink)\b/g, '.*').replaceAll('$__rate_interval', '30s'),
    })),
  )
}

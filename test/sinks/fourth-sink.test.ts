// A further sink is one folder: a copy of the project in which nothing is changed but that test/fixtures/fourth-sink/ is the folder
// services/sinks/webhook/. Types, the rules of the tree, the README's tables, `validate`, `npm start` and the suite of all sinks have it.
import { execFile } from 'node:child_process'
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, describe, expect, inject, test } from 'vitest'
import type { Validated } from '../../services/cli/validate/validate.ts'
import { newPrefix } from '../support/installation.ts'
import { findSink, sinkNames } from '../support/sinks.ts'
import { until } from '../support/wait.ts'
import { startRun } from '../local/fixtures/run.ts'
import { conformance, subjectOf } from './conformance.ts'

const project = resolve(import.meta.dirname, '../..')
const root = mkdtempSync(join(tmpdir(), 'fourth-sink-'))
const servicesRoot = join(root, 'services')
afterAll(() => rmSync(root, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 }))

for (const name of ['services', 'test', 'package.json', 'tsconfig.json', 'vitest.check.config.ts', 'README.md'])
  cpSync(join(project, name), join(root, name), { recursive: true })
symlinkSync(join(project, 'node_modules'), join(root, 'node_modules'))
cpSync(join(project, 'test/fixtures/fourth-sink'), join(servicesRoot, 'sinks/webhook'), { recursive: true })

const START_MS = 60_000

/** What a command says in the copy, whatever its exit status. */
const told = (env: NodeJS.ProcessEnv, command: string, ...args: string[]): Promise<string> =>
  promisify(execFile)(process.execPath, [join(root, command), ...args], { cwd: root, env, timeout: 2 * START_MS }).then(
    ({ stdout }) => stdout,
    ({ stdout, stderr }: { stdout: string; stderr: string }) => stdout + stderr,
  )
const { env } = process

describe('a fourth sink', { timeout: 3 * START_MS }, () => {
  test('its folder - is found beside the others', () => {
    expect(sinkNames(servicesRoot)).toEqual([...sinkNames(), 'webhook'].toSorted())
  })

  test('types and rules of the tree - hold', async () => {
    expect(await told(env, 'node_modules/typescript/bin/tsc', '--noEmit')).toBe('')
    const check = ['run', '--config', 'vitest.check.config.ts']
    expect(await told({ ...env, NO_COLOR: '1' }, 'node_modules/vitest/vitest.mjs', ...check)).toMatch(/Test Files +1 passed/)
  })

  test("settings - are in the README's tables", async () => {
    await told(env, 'test/support/settings-tables.ts', '--write')
    const readme = readFileSync(join(root, 'README.md'), 'utf8')
    expect(readme).toContain('| `WEBHOOK_TOKEN` | Bearer token of the receiver · secret | **required** |')
    expect(readme).toContain('`WEBHOOK_…`')
  })

  test('validate and npm start - know its settings, start it against its stand-in, and a log arrives there', async () => {
    // The others would only take time: what is started is what is there.
    for (const other of ['console', 'slack', ...sinkNames().map((name) => `sinks/${name}`)])
      rmSync(join(servicesRoot, other), { recursive: true })
    const set = { PATH: process.env.PATH, WEBHOOK_URL: 'x', KAFKA_BROKERS: inject('brokers'), INGEST_TOKENS: 'a' }
    const { ok, problems } = JSON.parse(
      await told(set, 'services/cli/main.ts', 'validate', '--no-network', '--json'),
    ) as Validated
    expect([ok, problems.map(({ setting }) => setting).toSorted()]).toEqual([false, ['WEBHOOK_TOKEN', 'WEBHOOK_URL']])

    const env = { KAFKA_BROKERS: inject('brokers'), TOPIC_PREFIX: newPrefix(), SANDBOX_PORT: '0' }
    const started = startRun(root, env, join(servicesRoot, 'local/main.ts'))
    try {
      const [, page] = await started.until(/^ {2}sandbox +(http\S+)/, START_MS)
      await started.until(/^ {2}webhook +delivers to the sandbox/)
      const [, authorization, body, url] = await started.until(/^curl .*'(Authorization: [^']*)' --data-raw '([^']*)' (\S+)$/)
      const headers = { authorization: authorization.slice('Authorization: '.length) }
      expect((await fetch(url, { method: 'POST', headers, body })).status).toBe(200)
      const received = async () => (await (await fetch(`${page}/received/webhook`)).json()) as { total: number }
      await until('the log', received, ({ total }) => total === 1, { limitMs: START_MS })
    } finally {
      started.child.kill('SIGTERM')
      await started.ended
    }
  })
})

conformance(await subjectOf(await findSink('webhook', servicesRoot)))

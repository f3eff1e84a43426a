// `npm start` as a process, with fake services and a real broker.
import { execFileSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { identify, isAlive, type ProcessId } from '../../services/local/processes.ts'
import { type Run, startRun } from './fixtures/run.ts'

const folders: string[] = []
const runs: Run[] = []
afterAll(async () => {
  for (const run of runs) run.child.kill('SIGKILL')
  await Promise.all(runs.map((run) => run.ended))
  for (const folder of folders) {
    removeVolume(folder)
    rmSync(folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 })
  }
})

/** What a broker in Docker leaves outside of the folder. */
function removeVolume(folder: string): void {
  const kept = join(folder, '.data', 'kafka', 'broker.json')
  if (!existsSync(kept)) return
  const { way, clusterId } = JSON.parse(readFileSync(kept, 'utf8')) as { way: string; clusterId: string }
  if (way === 'Docker') execFileSync('docker', ['volume', 'rm', '--force', `auth0-log-pipeline-${clusterId}`])
}

function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'start-'))
  folders.push(folder)
  return folder
}

function start(folder: string, env: Record<string, string> = {}): Run {
  const run = startRun(folder, env)
  runs.push(run)
  return run
}

/** Nobody listens there; the fake services do not mind. */
const noBroker = { KAFKA_BROKERS: '127.0.0.1:1' }

describe('with a broker of its own', () => {
  const folder = newFolder()
  let run: Run
  beforeAll(async () => {
    writeFileSync(join(folder, '.env'), 'RUN_WINDOW=7\n')
    run = start(folder)
    await run.until(/^curl /, 60_000)
  }, 60_000)

  test('npm start - every service gets the broker, and RUN_WINDOW from .env', async () => {
    const [, brokers] = await run.until(/Kafka serves on (\S+)/)
    await run.until(new RegExp(`^ingest .* listening .*KAFKA_BROKERS=${brokers} RUN_WINDOW=7`))
  })

  test('npm start - a sink without settings runs against its stand-in, and that is said', async () => {
    const [, sandboxPid] = await run.until(/^sandbox .* up process=(\d+)/)
    await run.until(/^npm start .* none of steady's settings is given: it delivers to the sandbox/)
    await run.until(
      new RegExp(`^steady .* STEADY_HOST=127.0.0.1 STEADY_URL="http://127.0.0.1:1/v1\\?port=${sandboxPid}" SINK_SANDBOX=true`),
    )
    await run.until(/^ {2}steady +delivers to the sandbox/)
  })

  test('npm start - a sink with some settings is refused by name; one without stand-in too; both are not started', async () => {
    await run.until(/^npm start .* {3}HALFSET_HOST: is missing: the host/)
    await run.until(/^ {2}halfset +NOT UP: HALFSET_HOST: is missing/)
    await run.until(/^ {2}stranger +NOT UP: none of its settings is given/)
    expect(run.lines.join('\n')).not.toMatch(/was started/)
  })

  test('npm start - a service that dies is started again with a growing wait', async () => {
    await run.until(/^npm start .* fragile ended with status 3: starting it again in 0.5 s/)
    await run.until(/^npm start .* fragile ended with status 3: starting it again in 1 s/)
    await run.until(/^ {2}fragile +delivers to the sandbox/)
    expect(readFileSync(join(folder, 'fragile.starts'), 'utf8')).toHaveLength(3)
  })

  test('npm start - a service that refuses its settings is not started again', async () => {
    await run.until(/^refusing .* error REFUSING_KEY: must be a key/)
    await run.until(/^npm start .* refusing refuses its settings and is not started again/)
    expect(readFileSync(join(folder, 'refusing.starts'), 'utf8')).toHaveLength(1)
  })

  test('npm start - the curl line is one command that the ingest answers with 1 accepted', async () => {
    const [line] = await run.until(/^curl .*/)
    // The shell itself splits the line; `curl` prints its arguments instead.
    const script = `curl() { for word; do printf '%s\\0' "$word"; done; }; ${line}`
    const words = execFileSync('sh', ['-c', script], { encoding: 'utf8' }).split('\0').slice(0, -1)
    const after = (option: string) => words.flatMap((word, i) => (word === option ? [words[i + 1]] : []))
    const headers = Object.fromEntries(after('--header').map((header) => header.split(': ') as [string, string]))
    const [event] = JSON.parse(after('--data-raw')[0]) as { log_id: string; data: Record<string, unknown> }[]
    expect(event.log_id).toMatch(/^900\d{53}$/)
    expect(event.data).toMatchObject({ log_id: event.log_id, type: 's' })
    const response = await fetch(words.at(-1) as string, { method: 'POST', headers, body: after('--data-raw')[0] })
    expect(await response.json()).toEqual({ accepted: 1, quarantined: 0 })
    await run.until(new RegExp(`^ingest .* stored logId=${event.log_id}`))
  })

  test('npm start - the console and its login are told', async () => {
    await run.until(/^ {2}console +http:\/\/127\.0\.0\.1:\d+ {2}user operator, password [\w-]{32}$/)
    await run.until(/^console .* CONSOLE_USERS=operator:operator:scrypt\./)
  })

  test('npm start - a second one beside it says who runs, since when and where, and ends with 1', async () => {
    const [, ingest] = await run.until(/^ {2}ingest +(http:\S+)\/logs/)
    const second = start(folder)
    expect(await second.ended).toBe(1)
    const said = second.lines.join('\n')
    expect(said).toContain(`process ${run.child.pid}, since 20`)
    expect(said).toContain(`ingest ${ingest}`)
  })

  test('npm start - its kill -9 ends every process, the broker too, before the next start is up', async () => {
    const pids = run.lines.flatMap((line) => /\bprocess[ =](\d+)/.exec(line)?.[1] ?? []).map(Number)
    const processes = pids.map((pid) => identify(pid)).filter((id): id is ProcessId => id !== undefined)
    // broker, sandbox, ingest, console, steady, and fragile's third
    expect(processes).toHaveLength(6)
    run.child.kill('SIGKILL')
    const next = start(folder, noBroker)
    await next.until(/^curl /)
    expect(processes.filter(isAlive)).toEqual([])
    next.child.kill('SIGTERM')
    expect(await next.ended).toBe(0)
  })
})

test('npm start - SIGTERM ends the services first, then the sandbox; the next has the same token; a second Ctrl-C ends all at once', async () => {
  const folder = newFolder()
  // The sink that dies at its first two starts has them behind it.
  writeFileSync(join(folder, 'fragile.starts'), '..')
  const token = /Authorization: (\S+)$/
  const first = start(folder, { ...noBroker, FAKE_END_MS: '300' })
  await first.until(/^curl /)
  const [, made] = await first.until(token)
  first.child.kill('SIGTERM')
  expect(await first.ended).toBe(0)
  const ends = first.lines.flatMap((line) => /^(\w+) +\S+ info {2}ends$/.exec(line)?.[1] ?? [])
  expect(ends.toSorted()).toEqual(['console', 'fragile', 'ingest', 'sandbox', 'steady'])
  expect(ends.at(-1)).toBe('sandbox')

  const second = start(folder, { ...noBroker, FAKE_END_MS: '60000' })
  expect((await second.until(token))[1]).toBe(made)
  const pids = second.lines.flatMap((line) => /\bprocess=(\d+)/.exec(line)?.[1] ?? []).map(Number)
  // One Ctrl-C, as npm doubles it, and a second one.
  second.child.kill('SIGINT')
  await second.until(/^npm start .* stopping/)
  second.child.kill('SIGINT')
  await sleep(700)
  expect(second.child.exitCode).toBeNull()
  second.child.kill('SIGINT')
  expect(await second.ended).toBe(1)
  expect(pids).toHaveLength(5)
  await expect.poll(() => pids.filter((pid) => identify(pid))).toEqual([])
})

test('npm start - a bad setting of its own is told at once', async () => {
  const run = start(newFolder(), { ...noBroker, RUN_WINDOW: 'soon' })
  expect(await run.ended).toBe(2)
  expect(run.lines).toEqual(['RUN_WINDOW: must be a whole number of 1 or more, not "soon"'])
})

test('npm start - without any way to a broker it names the three ways and ends with 1', async () => {
  const run = start(newFolder(), { PATH: '/nowhere', JAVA_HOME: '' })
  expect(await run.ended).toBe(1)
  const said = run.lines.join('\n')
  expect(said).toMatch(/KAFKA_BROKERS=kafka:9092[^]*Docker: no engine answers[^]*Java: there is none/)
  expect(said).not.toContain('NOT UP')
})

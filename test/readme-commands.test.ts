// The README's commands, run as they stand there and in its order, in a clean copy of this project with `npm start`.
import { type ChildProcess, spawn } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, dirname, join, relative, resolve } from 'node:path'
import { createInterface } from 'node:readline'
import { afterAll, describe, expect, inject, it } from 'vitest'
import { startWatchdog } from '../services/local/watchdog.ts'
import { commands, type ReadmeCommand } from './support/readme.ts'
import { README } from './support/settings-tables.ts'
import { until } from './support/wait.ts'

const root = resolve(import.meta.dirname, '..')
const folder = mkdtempSync(join(tmpdir(), 'readme-'))
const all = commands(readFileSync(README, 'utf8'))

/** Why a command is not run where the README does not say it itself. */
function elsewhere(line: string): string | undefined {
  if (line === 'npm ci') return 'the copy has the packages of this folder'
  return /^node services\/\S+\/main\.ts$/.test(line) ? 'npm start runs this service' : undefined
}

/** What a command must print, by the README's own comment behind it. The reader looks again until it does, and so does this test. */
const PRINTS: Readonly<Record<string, RegExp>> = {
  "on hold, in the vendor's words; 200 wait": /on hold since .*HTTP 401[\s\S]*waiting +200 of/,
  'within 30 s: delivered, nothing waits': /waiting +0 of/,
  'a dry run': /Dry run: nothing was changed/,
  'rewinds the sink': /(is set|rewound) to yesterday/,
  'a job': /created/,
}
const LOOK_AGAIN_MS = 60_000
/** Of one command; it takes a second or two where the machine has nothing else to do. */
const COMMAND_MS = 120_000

let npmStart: ChildProcess | undefined
afterAll(async () => {
  await stopAll('SIGKILL')
  rmSync(folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 })
})

describe('README', () => {
  it('commands - what is not run is marked with the reason, and is little', () => {
    const notRun = all.filter(({ line, notRun }) => notRun ?? elsewhere(line))
    const reasons = new Map<string, number>()
    for (const { line, notRun: why = elsewhere(line)! } of notRun) reasons.set(why, (reasons.get(why) ?? 0) + 1)
    expect(Object.fromEntries(reasons)).toEqual({
      'the copy has the packages of this folder': 1,
      'npm start runs this service': 6,
      'needs Docker': 7,
      'needs the command line tools of Kafka': 3,
      'needs a whole day of logs': 4,
      'this test is part of them': 2,
    })
    expect(Object.keys(PRINTS).filter((comment) => !all.some((one) => one.comment === comment))).toEqual([])
  })

  it('commands - every other one does what it says, in a clean copy with nothing but npm start', {
    timeout: 400_000,
  }, async () => {
    cleanCopy()
    const started = await startAll()
    expect(await shell(started, started.curl)).toMatchObject({ status: 0, out: '{"accepted":1,"quarantined":0}' })
    expect(await shell(started, 'npx auth0-logs --version')).toMatchObject({ status: 0 })
    shortenNpx(started)
    const ran: string[] = []
    for (const command of all) {
      if (command.notRun ?? elsewhere(command.line) ?? command.line === 'npm start') continue
      await runAsRead(started, command)
      ran.push(command.line)
    }
    expect(ran.length).toBeGreaterThan(20)
    await stopAll('SIGINT')
  })
})

/** Everything but what a fresh clone would not have. */
function cleanCopy(): void {
  const left = new Set(['node_modules', '.git', '.data', '.env', 'bench-results.json'])
  cpSync(root, folder, { recursive: true, filter: (path) => !left.has(relative(root, path)) })
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'))
}

type Started = { curl: string; logId: string; addresses: Map<string, string>; env: NodeJS.ProcessEnv }

/** Ports are free ones, and the broker is that of the test run, under a prefix of its own. */
async function startAll(): Promise<Started> {
  const { KAFKA_BROKERS: _, ...inherited } = process.env
  const env = {
    ...inherited,
    PATH: [dirname(process.execPath), inherited.PATH].join(delimiter),
    TOPIC_PREFIX: `readme-${process.pid}`,
    NO_COLOR: '1',
    COLUMNS: '200',
  }
  const ports = { INGEST_PORT: '0', CONSOLE_PORT: '0', SLACK_PORT: '0', SANDBOX_PORT: '0' }
  const lines: string[] = []
  npmStart = spawn('npm', ['start'], {
    cwd: folder,
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...env, ...ports, KAFKA_BROKERS: inject('brokers'), BACKFILL: 'poll' },
  })
  // Ends it also where the test run is killed.
  startWatchdog().watch({ pid: npmStart.pid ?? 0 })
  for (const stream of [npmStart.stdout!, npmStart.stderr!])
    createInterface({ input: stream }).on('line', (line) => void lines.push(line))
  const curl = await until(
    'the curl line of npm start',
    () => lines.find((line) => line.startsWith('curl ')),
    (line) => line,
    { limitMs: 120_000, everyMs: 100 },
  ).catch((error: Error) => {
    throw new Error(`${error.message}\n${lines.join('\n')}`)
  })
  const addresses = new Map<string, string>()
  for (const line of lines) {
    const [, name, address] = /^ {2}(ingest|sandbox|console) +http:\/\/(127\.0\.0\.1:\d+)/.exec(line) ?? []
    if (name) addresses.set(name, address)
  }
  const logId = /"log_id":"(\d+)"/.exec(curl!)![1]
  const page = await (await fetch(`http://${addresses.get('sandbox')}/`)).text()
  const auth0 = /<h2[^>]*>auth0<\/h2>[^]*?(http:\/\/127\.0\.0\.1:\d+)/.exec(page)?.[1] ?? ''
  // What the reader is told to have for `register`: an application of the tenant, here the sandbox's.
  const tenant = {
    AUTH0_API_URL: auth0,
    AUTH0_DOMAIN: 'northwind.eu.auth0.com',
    AUTH0_CLIENT_ID: 'sandbox-client',
    AUTH0_CLIENT_SECRET: 'sandbox-secret',
  }
  return { curl: curl!, logId, addresses, env: { ...env, ...tenant } }
}

/** npx itself takes a second each time to find the command of the package that it stands in; once is enough. */
function shortenNpx({ env }: Started): void {
  const bin = join(folder, '.data', 'bin')
  mkdirSync(bin, { recursive: true })
  writeFileSync(join(bin, 'npx'), '#!/bin/sh\nshift\nexec node services/cli/main.ts "$@"\n', { mode: 0o755 })
  env.PATH = [bin, env.PATH].join(delimiter)
}

/** SIGINT is Ctrl-C in the terminal: everything must end by itself. */
async function stopAll(signal: NodeJS.Signals): Promise<void> {
  const child = npmStart
  npmStart = undefined
  if (child?.pid === undefined || child.exitCode !== null || child.signalCode !== null) return
  const ended = new Promise((done) => child.once('close', done))
  process.kill(-child.pid, signal)
  await ended
}

/** @throws with its output where it fails, or does not print what its comment promises */
async function runAsRead(started: Started, { line, comment }: ReadmeCommand): Promise<void> {
  const expected = PRINTS[comment] ?? /(?:)/
  const done = ({ status, out }: Ended) => status === 0 && expected.test(out)
  await until(line, () => shell(started, asTyped(started, line)), done, {
    limitMs: PRINTS[comment] ? LOOK_AGAIN_MS : 0,
    everyMs: 500,
  })
}

/** With the addresses of this start, and a log_id that there is. */
const asTyped = ({ addresses, logId }: Started, line: string): string =>
  line
    .replace('127.0.0.1:8080', addresses.get('ingest')!)
    .replace('127.0.0.1:8082', addresses.get('sandbox')!)
    .replace('<log_id>', logId)

type Ended = { status: number | null; out: string }

function shell({ env }: Pick<Started, 'env'>, line: string): Promise<Ended> {
  return new Promise((done, reject) => {
    const child = spawn('bash', ['-c', line], { cwd: folder, env, stdio: ['pipe', 'pipe', 'pipe'], timeout: COMMAND_MS })
    let out = ''
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (text) => (out += String(text)))
    child.stdin.end('a password that is long enough\n')
    child.once('error', reject)
    child.once('close', (status) => done({ status, out: out.trim() }))
  })
}

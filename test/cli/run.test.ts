// The `auth0-logs` command: what it says, and its exit status.
import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { createServer as createHttpServer } from 'node:http'
import { type AddressInfo, createServer } from 'node:net'
import { afterAll, describe, expect, inject, test } from 'vitest'
import type { Status } from '../../services/operations/status.ts'
import { verifyPassword } from '../../services/platform/passwords.ts'
import { ensureTopics } from '../../services/topics/create.ts'
import { sendDeadLetters } from '../../services/topics/dead-letters.ts'
import { announce, closeOperators, openOperator, serviceRecord } from '../operations/announced.ts'
import { newPrefix } from '../support/kafka.ts'
import { auth0Logs } from './terminal.ts'

afterAll(closeOperators)

async function installed() {
  const prefix = newPrefix()
  const { client, producer } = openOperator(inject('brokers'), prefix)
  await announce(client, producer, [serviceRecord(prefix, 'segment')])
  const env = { KAFKA_BROKERS: inject('brokers'), TOPIC_PREFIX: prefix }
  return { client, producer, env, run: (args: string[], options = {}) => auth0Logs(args, env, options) }
}

describe('auth0-logs', { concurrent: true }, () => {
  test('status - an aligned table without colours in a pipe, with colours on a terminal', async () => {
    const { run } = await installed()
    const { status, out, err } = await run(['status'])
    expect([status, err]).toEqual([0, ''])
    const [title, row] = out.split('\n').slice(2)
    expect(title).toMatch(/^service {2}state {4}members {2}waiting {2}balances {2}last run$/)
    expect(row).toMatch(/^segment {2}running {8}0 {8}0 {2}yes {7}none yet$/)
    expect(out).toContain('segment has no member in its group')
    expect((await run(['status'], { tty: true })).out).toContain('\u001b[')
  })

  test('status --json - JSON and nothing else; with a service its partitions are shown', async () => {
    const { run } = await installed()
    const { services } = JSON.parse((await run(['status', '--json'])).out) as Status
    expect(services.map(({ name, lag }) => [name, lag])).toEqual([['segment', 0]])
    const { out } = await run(['status', 'segment'])
    expect(out).toMatch(/partition {2}base {2}end {2}delivered/)
    expect(out).toContain('It balances')
  })

  test('what is not there is not said - Slack has no schedule, and what the ingest put aside cannot be redriven', async () => {
    const { client, producer, run } = await installed()
    await announce(client, producer, [
      serviceRecord('p', 'slack', { kind: 'slack', group: '' }),
      serviceRecord('p', 'ingest', { kind: 'ingest', group: '' }),
    ])
    const slack = (await run(['status', 'slack'])).out
    expect(slack).toMatch(/^state +running$/m)
    expect(slack).not.toMatch(/schedule|Europe|UTC\)|members/)
    const at = new Date()
    const letter = { logId: '', value: Buffer.from('no JSON'), stage: 'receive', reason: 'not_json', error: 'no' } as const
    await ensureTopics(client, [{ deadLetters: 'ingest' }])
    await sendDeadLetters(client, producer, 'ingest', [{ ...letter, attempts: 0, firstAt: at, lastAt: at }])
    const listed = (await run(['dead-letters', 'list', 'ingest'])).out.replaceAll(/\s+/g, ' ')
    expect(listed).toContain('acknowledge ingest marks them as handled; they never were valid events, so they cannot be redriven')
    expect((await run(['dead-letters', 'redrive', 'ingest'])).err).toMatch(/acknowledge ingest|dead-letters acknowledge/)
    const { services } = JSON.parse((await run(['status', '--json'])).out) as Status
    expect(services.find(({ name }) => name === 'ingest')?.deadLetters).toEqual({ total: 1, waiting: 1 })
  })

  test('simulate - posts to the npm start that runs here, with its token', async ({ onTestFinished }) => {
    const asked: string[] = []
    const server = createHttpServer(({ url, headers: { authorization } }, response) => {
      asked.push(`${url} ${authorization}`)
      response.end('{"accepted":1,"quarantined":0}')
    }).listen(0, '127.0.0.1')
    onTestFinished(() => void server.close())
    await once(server, 'listening')
    const ingest = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    const local = { ingest, token: 'Bearer of-the-folder' }
    const { status } = await auth0Logs(['simulate', '--count', '1'], { PATH: process.env.PATH }, { local })
    expect([status, asked]).toEqual([0, ['/logs Bearer of-the-folder']])
  })

  test('a refusal - status 1, said on stderr, nothing on stdout', async () => {
    const { run } = await installed()
    const { status, out, err } = await run(['pause', 'nobody'])
    expect([status, out]).toEqual([1, ''])
    expect(err).toMatch(/^error: Unknown service "nobody"\. Available: segment\n$/)
  })

  test.each([
    [['settings', 'segment', '--set', 'LOG_LEVEL=9'], /SEGMENT_LOG_LEVEL: must be one level/],
    [['runs', '--limit', 'many'], /limit: must be a whole number/],
    [['schedule'], /missing required argument 'service'/],
    [['status', '--for', 'long'], /for must be a number of seconds/],
    [['status', '--wat'], /unknown option '--wat'/],
    [['stauts'], /Did you mean status\?/],
    [['jobs'], /list, show|list {2,}/],
  ])('%j - is wrong use: status 2', async (args, words) => {
    const { run } = await installed()
    const { status, out, err } = await run(args)
    expect([status, out]).toEqual([2, ''])
    expect(err).toMatch(words)
  })

  test('settings --set - takes commas within a value, and several', async () => {
    const { run } = await installed()
    const { status, out } = await run(['settings', 'segment', '--set', 'LOG_TYPES=s,ss,f', '--set', 'LOG_LEVEL=2'])
    expect(status).toBe(0)
    expect(out).toMatch(/SEGMENT_LOG_TYPES +- +s,ss,f\n/)
    expect(out).toMatch(/SEGMENT_LOG_LEVEL +1 +2\n/)
  })

  test('errors with --json - one line of JSON on stderr, whatever went wrong', async () => {
    const { run } = await installed()
    const refused = await run(['pause', 'nobody', '--json'])
    expect([refused.status, refused.out]).toEqual([1, ''])
    expect(JSON.parse(refused.err)).toEqual({
      error: 'refused',
      message: expect.stringContaining('Available: segment') as string,
    })
    const wrong = await run(['runs', '--limit', 'many', '--json'])
    expect([wrong.status, JSON.parse(wrong.err)]).toMatchObject([2, { error: 'wrong_use' }])
    const unknown = await run(['runs', '--wat', '--json'])
    expect([unknown.status, JSON.parse(unknown.err)]).toMatchObject([2, { error: 'wrong_use' }])
    const unset = await auth0Logs(['status', '--json'], {})
    expect([unset.status, JSON.parse(unset.err)]).toMatchObject([2, { error: 'wrong_settings' }])
  })

  test('a hint - names the real command', async () => {
    const { run } = await installed()
    expect((await run(['runs', '--limit', 'many'])).err).toContain('auth0-logs runs --help')
    expect((await run(['jobs', 'show'])).err).toContain('auth0-logs jobs show --help')
  })

  test('--version - the version and nothing else', async () => {
    expect(await auth0Logs(['--version'], {})).toEqual({
      status: 0,
      out: expect.stringMatching(/^\d+\.\d+\.\d+\n$/) as string,
      err: '',
    })
  })

  test('status --check - status 1 where a sink has no member', async () => {
    const { run } = await installed()
    expect((await run(['status', '--check'])).status).toBe(1)
    expect((await run(['status'])).status).toBe(0)
  })

  test('status --watch - again and again, ended by --for or by Ctrl-C, in its place on a terminal', async () => {
    const { run } = await installed()
    const timed = await run(['status', '--for', '1', '--json'])
    expect(timed.status).toBe(0)
    expect(
      timed.out
        .trim()
        .split('\n')
        .map((line) => Object.keys(JSON.parse(line) as object)),
    ).toContainEqual(expect.arrayContaining(['services']))
    const stop = new AbortController()
    const watching = run(['status', '--watch'], { tty: true, signal: stop.signal })
    setTimeout(() => stop.abort(new Error('stopped')), 3_000)
    const { status, out } = await watching
    expect(status).toBe(0)
    expect(out).toContain('\u001b[H')
  })

  test('on 80 columns - no line of a table is wider', async () => {
    const { env } = await installed()
    for (const args of [['status'], ['status', 'segment'], ['settings', 'segment'], ['runs'], ['jobs', 'list']]) {
      const { out } = await auth0Logs(args, { ...env, COLUMNS: '80' })
      for (const line of out.split('\n')) expect([args, line, line.length <= 80]).toEqual([args, line, true])
    }
  })

  test('help - without arguments; each command has examples and options', async () => {
    const { status, out } = await auth0Logs([], {})
    expect(status).toBe(0)
    for (const name of ['status', 'pause', 'replay', 'jobs', 'validate', 'register', 'simulate'])
      expect(out).toMatch(new RegExp(`^  ${name} +\\S`, 'm'))
    const help = await auth0Logs(['runs', '--help'], {})
    expect(help).toMatchObject({ status: 0, err: '' })
    expect(help.out).toMatch(/--limit <n> +rows on a page \(default 10\)/)
    expect(help.out).toContain('auth0-logs runs cloudwatch --failed')
  })

  test('Kafka that takes connections and never answers - ends within 10 s, with what it means for the logs', async ({
    onTestFinished,
  }) => {
    const server = createServer(() => {}).listen(0, '127.0.0.1')
    onTestFinished(() => void server.close())
    await new Promise((resolve) => server.once('listening', resolve))
    const { port } = server.address() as { port: number }
    const begun = performance.now()
    const { status, err } = await auth0Logs(['status'], { KAFKA_BROKERS: `127.0.0.1:${port}` })
    expect(performance.now() - begun).toBeLessThan(9_500)
    expect(status).toBe(1)
    expect(err).toMatch(/Kafka does not answer at 127\.0\.0\.1:\d+ \(KAFKA_BROKERS\).*\n.*Logs that are in the topic are safe/)
  })

  test('a prefix that nobody uses, and no broker at all - say so', async () => {
    const nobody = await auth0Logs(['status'], { KAFKA_BROKERS: inject('brokers'), TOPIC_PREFIX: 'nobody' })
    expect(nobody).toMatchObject({ status: 1, err: expect.stringContaining('no service with TOPIC_PREFIX=nobody') })
    expect(await auth0Logs(['status'], {})).toMatchObject({
      status: 2,
      err: expect.stringContaining('KAFKA_BROKERS: is missing'),
    })
  })

  test('hash-password - of what comes through a pipe, without the end of its line', async () => {
    const { status, out } = await auth0Logs(['hash-password'], {}, { typed: 'pass word\n' })
    expect(status).toBe(0)
    expect(await verifyPassword('pass word', out.trim())).toBe(true)
    expect(await auth0Logs(['hash-password'], {}, { typed: '\n' })).toMatchObject({ status: 2, out: '' })
  })

  test('completion - the script completes commands, their verbs and options in a real bash', async () => {
    const { out } = await auth0Logs(['completion', 'bash'], {})
    const complete = (line: string) => {
      const words = line.split(' ')
      const script = `${out}\nCOMP_WORDS=(${words.map((word) => `'${word}'`).join(' ')}); COMP_CWORD=${words.length - 1}; _auth0_logs; echo "\${COMPREPLY[*]}"`
      return new Promise<string>((resolve, reject) =>
        execFile('bash', ['-c', script], { timeout: 5_000 }, (error, stdout) => (error ? reject(error) : resolve(stdout.trim()))),
      )
    }
    expect(await complete('auth0-logs sta')).toBe('status start')
    expect(await complete('auth0-logs jobs ')).toBe('list show cancel --help')
    expect(await complete('auth0-logs replay segment --fr')).toBe('--from')
    expect((await auth0Logs(['completion', 'fish'], {})).status).toBe(2)
  })

  test('a start - loads neither the producer nor what other commands need', async () => {
    const script = `import { registerHooks } from 'node:module'
      const loaded = []
      registerHooks({ load: (url, context, next) => (loaded.push(url), next(url, context)) })
      await import('./services/cli/run.ts')
      console.log(JSON.stringify(loaded))`
    const said = await new Promise<string>((resolve, reject) =>
      execFile(process.execPath, ['--input-type=module', '-e', script], { timeout: 25_000 }, (error, stdout) =>
        error ? reject(error) : resolve(stdout),
      ),
    )
    const loaded = (JSON.parse(said) as string[]).filter((url) => !url.includes('/services/cli/'))
    expect(loaded.length).toBeGreaterThan(50)
    expect(loaded.filter((url) => /@platformatic|node_modules\/(auth0|ajv|express)\//.test(url))).toEqual([])
  })

  test('as a process - reads its environment, ends by itself with the status', async () => {
    const { env } = await installed()
    const run = (args: string[]) =>
      new Promise<[unknown, string]>((resolve) =>
        execFile(
          process.execPath,
          ['services/cli/main.ts', ...args],
          { env: { PATH: process.env.PATH, ...env }, timeout: 20_000 },
          (error, stdout) => resolve([error?.code ?? 0, stdout]),
        ),
      )
    const [[good, out], [bad]] = await Promise.all([run(['runs', '--json']), run(['status', 'nobody'])])
    expect([good, bad]).toEqual([0, 1])
    expect(JSON.parse(out)).toMatchObject({ logs: [], total: 0, lastRun: '' })
  })
})

// The entry point of the services under docker-compose: bad settings keep the container, everything else ends it.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { expect, it, onTestFinished } from 'vitest'
import { sleep } from '../../services/platform/lifecycle.ts'

const SCRIPT = new URL('../../services/deploy/stay-on-bad-settings.sh', import.meta.url).pathname
const SERVICE = 'services/made-up/main.ts'

/** A shell script in the place of a service; what it prints, and its status. */
function run(script: string, ...args: string[]) {
  const child = spawn(SCRIPT, ['sh', '-c', script, ...args], { stdio: ['pipe', 'pipe', 'pipe'] })
  onTestFinished(() => void child.kill('SIGKILL'))
  let text = ''
  for (const out of [child.stdout, child.stderr]) out.on('data', (chunk: Buffer) => (text += chunk.toString()))
  return { child, text: () => text, ended: once(child, 'exit').then(([status]) => status as number | null) }
}

it('bad settings - the container stays, says what to do, and ends when it is stopped', async () => {
  const { child, text, ended } = run('echo SEGMENT_KEY is missing >&2; exit 2', SERVICE)
  await expect
    .poll(text)
    .toMatch(/^SEGMENT_KEY is missing\nThis service does not run: fix the settings .* docker compose up -d\.\n$/)
  await sleep(100)
  expect(child.exitCode).toBe(null)
  child.kill('SIGTERM')
  expect(await ended).toBe(2)
})

it.each([0, 1, 7])('status %s - ends the container too, and Docker decides', async (status) => {
  expect(await run(`exit ${status}`, SERVICE).ended).toBe(status)
})

it('a stop - reaches the service, which ends in its own time with its own status', async () => {
  const { child, text, ended } = run('trap "sleep 0.3; exit 5" TERM; echo runs; while :; do sleep 0.02; done', SERVICE)
  await expect.poll(text).toBe('runs\n')
  child.kill('SIGTERM')
  expect(await ended).toBe(5)
})

it('a service that a signal ends - has the status of that', async () => {
  expect(await run('kill -9 $$', SERVICE).ended).toBe(128 + 9)
})

it.each(['services/cli/main.ts replay', 'services/sandbox/simulate/main.ts --count'])(
  'a command (%s) - ends as it ends, also with status 2, and reads what is typed',
  async (args) => {
    const { child, text, ended } = run('read line; echo "$line"; exit 2', ...args.split(' '))
    child.stdin.end('secret\n')
    expect(await ended).toBe(2)
    expect(text()).toBe('secret\n')
  },
)

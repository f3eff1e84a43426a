// `simulate` as a process: what it prints and how it ends.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { expect, onTestFinished, test } from 'vitest'
import { startReceiver } from './ingest.ts'

function start(args: string[]) {
  const child = spawn(process.execPath, ['services/sandbox/simulate/main.ts', ...args], { env: { PATH: process.env.PATH } })
  onTestFinished(() => void child.kill('SIGKILL'))
  const output = { out: '', err: '' }
  child.stdout.on('data', (data: Buffer) => (output.out += data.toString()))
  child.stderr.on('data', (data: Buffer) => (output.err += data.toString()))
  const ended = once(child, 'close').then(([status]) => ({ status: status as number | null, ...output }))
  return { child, ended }
}

test('simulate process - ends with 0 and a line when all were accepted', async () => {
  const { url } = await startReceiver()
  const { status, out } = await start(['--url', url, '--token', 'T', '--count', '1234']).ended
  expect([status, out]).toEqual([
    0,
    expect.stringMatching(/^sent 1,234 · accepted 1,234 · quarantined 0 · [\d.]+ s · [\d,]+ events\/s\n$/),
  ])
})

test('simulate process - shows progress while it lasts', async () => {
  const { url } = await startReceiver()
  const { err } = await start(['--url', url, '--token', 'T', '--count', '30', '--rate', '20']).ended
  expect(err).toMatch(/^accepted \d+ of 30\n/)
}, 15_000)

test('simulate process - ends with 1 when some were not accepted', async () => {
  const { url } = await startReceiver((response, nth) => {
    if (nth > 1) response.writeHead(503).end('busy')
    return nth > 1
  })
  const args = ['--url', url, '--token', 'T', '--count', '20', '--per-body', '10', '--time-limit', '1', '--json']
  const { status, out, err } = await start(args).ended
  expect([status, JSON.parse(out)]).toEqual([1, expect.objectContaining({ sent: 20, accepted: 10 })])
  expect(err).toContain('not taken, trying again: answer 503: busy')
})

test('simulate process - ends with 2 and the help for wrong use', async () => {
  const { status, out, err } = await start(['--rate']).ended
  expect([status, out, err]).toEqual([2, '', expect.stringContaining('Exit status: 0 all were accepted')])
})

test('simulate process - ends with the result at SIGINT', async () => {
  const { url, posts } = await startReceiver()
  const { child, ended } = start(['--url', url, '--token', 'T', '--count', '0', '--rate', '100', '--json'])
  await expect.poll(() => posts.length, { timeout: 10_000 }).toBeGreaterThan(1)
  child.kill('SIGINT')
  const { status, out } = await ended
  const { sent, accepted } = JSON.parse(out) as { sent: number; accepted: number }
  expect([status, sent]).toEqual([0, accepted])
}, 15_000)

// What simulate understands.
import { expect, test } from 'vitest'
import { parseCommand } from '../../../services/sandbox/simulate/command.ts'

const env = { INGEST_TOKENS: ' Bearer one , two' }
const options = (...args: string[]) => {
  const command = parseCommand(args, env)
  if (command.kind !== 'send') throw new Error(JSON.stringify(command))
  return command.options
}

test('simulate - posts to the local ingest with its first token by default', () => {
  expect(options()).toEqual({
    url: new URL('http://127.0.0.1:8080/logs'),
    token: 'Bearer one',
    count: 100,
    rate: undefined,
    perBody: 100,
    format: 'JSONLINES',
    concurrency: 4,
    limitMs: 60_000,
  })
})

test('simulate - understands its options', () => {
  const args = ['--url', 'https://a.example/x', '--token', 'T', '--count', '600', '--rate', '10', '--per-body', '7']
  expect(options(...args, '--format', 'jsonarray', '--concurrency', '2', '--time-limit', '5')).toMatchObject({
    url: new URL('https://a.example/x'),
    token: 'T',
    count: 600,
    rate: 10,
    perBody: 7,
    format: 'JSONARRAY',
    concurrency: 2,
    limitMs: 65_000,
  })
})

test('simulate - sends small bodies at a low rate, and without end for a count of 0', () => {
  expect([options('--rate', '2').perBody, options('--rate', '50').perBody, options('--rate', '5000').perBody]).toEqual([
    1, 10, 100,
  ])
  expect(options('--count', '0')).toMatchObject({ count: Infinity, limitMs: 2 ** 31 - 1 })
})

test('simulate - gives help', () => {
  expect(parseCommand(['--help'], {})).toEqual({ kind: 'help' })
})

test.each([
  [['--rat', '1'], "Unknown option '--rat'"],
  [['more'], "Unexpected argument 'more'"],
  [['--count', '1.5'], '--count must be a whole number of 0 or more, not 1.5'],
  [['--per-body', '0'], '--per-body must be a whole number of 1 or more'],
  [['--format', 'XML'], '--format must be one of JSONLINES, JSONARRAY, JSONOBJECT'],
  [['--url', 'ftp://x'], '--url must be an http or https address, not ftp://x'],
  [['--url', 'nowhere'], '--url must be an http or https address, not nowhere'],
])('simulate - wrong use: %j', (args, problem) => {
  expect(parseCommand(args, env)).toEqual({ kind: 'wrong', problem: expect.stringContaining(problem) as string })
})

test('simulate - needs a token', () => {
  expect(parseCommand([], { INGEST_TOKENS: ' ' })).toEqual({
    kind: 'wrong',
    problem: expect.stringContaining('there is no token') as string,
  })
})

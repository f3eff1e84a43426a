// The one log: prefixes, levels, readable fields.
import { expect, test } from 'vitest'
import { createOutput, type Level } from '../../services/local/output.ts'

function capture(options: { level?: Level; colour?: boolean } = {}) {
  const lines: string[] = []
  const output = createOutput({
    write: (text) => void lines.push(text),
    names: ['ingest', 'cloudwatch'],
    level: options.level ?? 'info',
    colour: options.colour ?? false,
    now: () => new Date(2026, 0, 2, 3, 4, 5, 6),
  })
  return { lines, output }
}
const entry = (fields: object) =>
  JSON.stringify({ level: 'info', time: new Date(2026, 0, 2, 10, 20, 30, 400).toISOString(), service: 'x', ...fields })

test('output - a service line is aligned, with its own time and its fields as key=value', () => {
  const { lines, output } = capture()
  output.from('ingest')(entry({ port: 8080, what: 'two words', list: [1], message: 'listening' }), 'stdout')
  expect(lines).toEqual(['ingest     10:20:30.400 info  listening port=8080 what="two words" list=[1]\n'])
})

test('output - an error shows its stack, a line each', () => {
  const { lines, output } = capture()
  output.from('ingest')(
    entry({ level: 'error', err: { message: 'bad', stack: 'Error: bad\n    at here' }, message: 'failed' }),
    'stdout',
  )
  expect(lines).toEqual(['ingest     10:20:30.400 error failed err=bad\n', 'ingest     10:20:30.400 error     at here\n'])
})

test('output - text that is no log line gets the time of its arrival; on stderr it is an error', () => {
  const { lines, output } = capture()
  output.from('cloudwatch')('hello {', 'stdout')
  output.from('cloudwatch')('{"level":"no level"}', 'stderr')
  expect(lines).toEqual(['cloudwatch 03:04:05.006 info  hello {\n', 'cloudwatch 03:04:05.006 error {"level":"no level"}\n'])
})

test('output - the logger level holds for services and for our own words, not for what is printed', () => {
  const { lines, output } = capture({ level: 'warn' })
  output.from('ingest')(entry({ message: 'no' }), 'stdout')
  output.say('info', 'no')
  output.say('error', 'yes')
  output.print('banner\n')
  expect(lines).toEqual(['npm start  03:04:05.006 error yes\n', 'banner\n'])
})

test('output - batches that are delivered are shown at level debug; those that are not, at their own', () => {
  const batch = (level: string) => entry({ level, events: 3, message: 'batch' })
  const [atInfo, atDebug] = [capture(), capture({ level: 'debug' })]
  for (const { output } of [atInfo, atDebug]) {
    output.from('ingest')(batch('info'), 'stdout')
    output.from('ingest')(batch('warn'), 'stdout')
  }
  expect(atInfo.lines).toEqual([expect.stringContaining('warn  batch events=3')])
  expect(atDebug.lines).toEqual([
    expect.stringContaining('debug batch events=3'),
    expect.stringContaining('warn  batch events=3'),
  ])
})

test('output - control characters are shown, not sent to the terminal', () => {
  const { lines, output } = capture()
  output.from('ingest')('a\u001b[2Jb', 'stdout')
  expect(lines).toEqual(['ingest     03:04:05.006 info  a\\x1b[2Jb\n'])
})

test('output - colours only where they are asked for; errors red', () => {
  const { lines, output } = capture({ colour: true })
  output.say('error', 'bad')
  expect(lines[0]).toContain('\u001b[31merror bad\u001b[0m')
})

// What the bench was asked to do: its options with their defaults, and its help.
import { parseArgs } from 'node:util'
import { errorText } from '../../services/platform/errors.ts'
import { sinkNames } from '../support/sinks.ts'

export const sinks: readonly string[] = sinkNames()
/** What can be measured: the ingest, each sink by its name, latency. */
export const parts: readonly string[] = ['ingest', ...sinks, 'latency']

export const help = `Measures the ingest, each sink and the way from webhook to sink against a broker of its own, as ratios to what Kafka's own
ProducerPerformance and ConsumerPerformance reach in the same run. A repeat takes two to four minutes; nothing else should run meanwhile.

  npm run bench -- [options]

  --only <names>   of ${parts.join(', ')}; comma-separated      default all
  --events <n>     events of each measurement               default 300,000
  --repeat <n>     how often; the medians are shown          default 1
  --json <file>    all figures of all repeats, e.g. bench-results.json

Exit status: 0 all events arrived once, 1 something was lost, repeated, refused or late, 2 wrong use.

  npm run bench -- --repeat 3 --json bench-results.json
  npm run bench -- --only segment --events 1000000
`

export type Options = { only: string[]; events: number; repeat: number; json?: string }

export type Command = { kind: 'help' } | { kind: 'wrong'; problem: string } | { kind: 'run'; options: Options }

const string = { type: 'string' } as const

/** @param args without the program's own name */
export function parseCommand(args: readonly string[]): Command {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: { only: string, events: string, repeat: string, json: string, help: { type: 'boolean', default: false } },
    })
    if (values.help) return { kind: 'help' }
    const only = values.only === undefined ? [...parts] : values.only.split(',').map((name) => partNamed(name.trim()))
    return {
      kind: 'run',
      options: {
        only,
        events: number('events', values.events, 300_000, 1_000),
        repeat: number('repeat', values.repeat, 1, 1),
        json: values.json,
      },
    }
  } catch (error) {
    return { kind: 'wrong', problem: errorText(error) }
  }
}

function partNamed(name: string): string {
  if (!parts.includes(name)) throw new Error(`--only knows ${parts.join(', ')}, not ${name}`)
  return name
}

function number(name: string, text: string | undefined, ifAbsent: number, least: number): number {
  if (text === undefined) return ifAbsent
  const value = Number(text.replaceAll(/[,_]/g, ''))
  if (!Number.isInteger(value) || value < least)
    throw new Error(`--${name} must be a whole number of ${least} or more, not ${text}`)
  return value
}

// What the soak was asked to do: its options with their defaults, and its help.
import { parseArgs } from 'node:util'

export const help = `Runs everything on three brokers, with a stream of events and faults at random, and counts at the end.

  npm run soak -- [options]

  --minutes <n>   how long events are sent, 3 to 600              default 30
  --rate <n>      events a second, 1 to 1,000                     default 100
  --seed <n>      the same seed gives the same faults at the same times; printed, so that a run can be made again

Exit status: 0 nothing lost and nothing grows, 1 something is, 2 wrong use.
`

export type Options = { minutes: number; rate: number; seed: number }

const MOST_EVENTS = 3_000_000 // every id is kept in memory, some 100 bytes each

/** @param args without the program's own name. @throws with what is wrong in words */
export function parseOptions(args: readonly string[], randomSeed: number): Options | 'help' {
  const string = { type: 'string' } as const
  const { values } = parseArgs({
    args: [...args],
    options: { minutes: string, rate: string, seed: string, help: { type: 'boolean' } },
  })
  if (values.help) return 'help'
  const number = (name: 'minutes' | 'rate' | 'seed', fallback: number, least: number, most: number) => {
    const value = values[name] === undefined ? fallback : Number(values[name])
    if (!Number.isFinite(value) || value < least || value > most)
      throw new Error(`--${name} must be a number from ${least} to ${most}`)
    return value
  }
  const options = {
    minutes: number('minutes', 30, 3, 600),
    rate: number('rate', 100, 1, 1_000),
    seed: number('seed', randomSeed, 0, 2 ** 32 - 1),
  }
  if (options.minutes * 60 * options.rate > MOST_EVENTS)
    throw new Error(`that is more than ${MOST_EVENTS} events: choose a lower --rate or fewer --minutes`)
  return options
}

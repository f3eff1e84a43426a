// `npm run soak`: everything together for a long time, with faults at random. Options and exit status: --help.
import { randomInt } from 'node:crypto'
import process from 'node:process'
import { help, parseOptions } from './options.ts'
import { report } from './report.ts'
import { soak } from './run.ts'

const options = (() => {
  try {
    return parseOptions(process.argv.slice(2), randomInt(2 ** 32))
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : String(error)}\n\n${help}`)
    process.exit(2)
  }
})()
if (options === 'help') {
  console.log(help)
  process.exit(0)
}
// What was started ends with this process: the watchdog sees to it.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(130))

const result = await soak(options, console.log)
const { text, ok } = report(result)
console.log(`\n${text}\n\nagain: npm run soak -- --minutes ${options.minutes} --rate ${options.rate} --seed ${options.seed}`)
process.exit(ok ? 0 : 1)

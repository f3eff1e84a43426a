// `npm run bench`: progress on stderr, the table on stdout, all figures as JSON where asked for.
import { writeFileSync } from 'node:fs'
import { cpus, totalmem } from 'node:os'
import { kafkaVersion } from '../../services/local/broker/kafka-artifacts.ts'
import { runProcess } from '../../services/platform/lifecycle.ts'
import { version } from '../../services/platform/version.ts'
import { runBench } from './bench.ts'
import { help, parseCommand } from './options.ts'
import { table } from './table.ts'

const command = parseCommand(process.argv.slice(2))
if (command.kind === 'help') {
  process.stdout.write(help)
} else if (command.kind === 'wrong') {
  process.stderr.write(`${command.problem}\n\n${help}`)
  process.exitCode = 2
} else {
  const { options } = command
  let finished = false
  // Interrupted is not passed, though everything was closed as it should be.
  process.once('exit', () => (process.exitCode ||= finished ? 0 : 130))
  await runProcess(process, async (env, lifecycle) => {
    const begun = performance.now()
    const log = (line: string) =>
      process.stderr.write(`${((performance.now() - begun) / 1_000).toFixed(1).padStart(6)} s  ${line}\n`)
    const startedAt = new Date().toISOString()
    const { results, repeats } = await runBench(options, env, lifecycle, log)
    if (lifecycle.signal.aborted) return
    process.stdout.write(`${table(results)}\n`)
    if (options.json) {
      const machine = { cpus: cpus().length, cpu: cpus()[0]?.model, memoryMiB: Math.round(totalmem() / 2 ** 20) }
      const facts = { version, node: process.version, kafka: kafkaVersion, machine, startedAt, options }
      writeFileSync(options.json, `${JSON.stringify({ ...facts, results, repeats }, null, 2)}\n`)
    }
    finished = true
    const failed = await lifecycle.close()
    for (const failure of failed) log(`not closed cleanly: ${failure}`)
    process.exit(failed.length > 0 || results.some(({ problems }) => problems.length > 0) ? 1 : 0)
  })
}

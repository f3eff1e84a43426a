// `simulate`: posts realistic events to the ingest as Auth0 would. Progress on stderr, the result on stdout.
import { help, parseCommand } from './command.ts'
import { send } from './send.ts'
import { createProgress, resultLine } from './progress.ts'

const command = parseCommand(process.argv.slice(2), process.env)
if (command.kind === 'help') {
  process.stdout.write(help)
} else if (command.kind === 'wrong') {
  process.stderr.write(`${command.problem}\n\n${help}`)
  process.exitCode = 2
} else {
  // The first signal ends the sending and shows the result; the second finds no listener and ends the process.
  const stop = new AbortController()
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stop.abort())
  const progress = createProgress(process.stderr, command.options.count)
  const result = await send({ ...command.options, signal: stop.signal, onProgress: progress.show })
  process.stdout.write(`${command.json ? JSON.stringify(result) : resultLine(result)}\n`)
  const isComplete = Number.isFinite(command.options.count) ? result.sent >= command.options.count : true
  process.exitCode = result.accepted === result.sent && isComplete ? 0 : 1
}

// The process of the receiver: its options as JSON in the first argument, lines of JSON on stdout until it is told to end.
import { runProcess } from '../../../services/platform/lifecycle.ts'
import { receive, type ReceiverOptions } from '../receiver.ts'

await runProcess(process, (_, lifecycle) =>
  receive(JSON.parse(process.argv[2]) as ReceiverOptions, lifecycle, (line) => process.stdout.write(`${JSON.stringify(line)}\n`)),
)

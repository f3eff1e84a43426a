// The process of the sender: its options as JSON in the first argument, its result as one line of JSON.
import { runProcess } from '../../../services/platform/lifecycle.ts'
import { load, type LoadOptions } from '../load.ts'

await runProcess(process, async () => {
  const result = await load(JSON.parse(process.argv[2]) as LoadOptions)
  process.stdout.write(`${JSON.stringify(result)}\n`, () => process.exit(0))
})

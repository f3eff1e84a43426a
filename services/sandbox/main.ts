// The sandbox: stand-ins for the vendors on this machine. Prints one JSON line with their addresses when all are ready.
import { runProcess } from '../platform/lifecycle.ts'
import { readSettings } from '../platform/settings.ts'
import { sandboxFields } from './fields.ts'
import { startSandbox } from './start.ts'

await runProcess(process, async (env, lifecycle) => {
  const sandbox = await startSandbox(readSettings(sandboxFields, env), lifecycle)
  process.stdout.write(`${JSON.stringify({ sandbox })}\n`)
})

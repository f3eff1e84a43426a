// The sandbox: stand-ins for the vendors on this machine. Prints one JSON line with their addresses when all are ready.
import { resolve } from 'node:path'
import { runProcess } from '../platform/lifecycle.ts'
import { readSettings } from '../platform/settings.ts'
import { sandboxFields } from './fields.ts'
import { findStandIns } from './find.ts'
import { startSandbox } from './start.ts'

await runProcess(process, async (env, lifecycle) => {
  const found = findStandIns(resolve(import.meta.dirname, '..'))
  const settings = readSettings(sandboxFields(found.map(({ name }) => name)), env)
  const sandbox = await startSandbox(found, settings, lifecycle)
  process.stdout.write(`${JSON.stringify({ sandbox })}\n`)
})

// `npm start`: everything on this machine until Ctrl-C. A second Ctrl-C, or any other end of this process, ends the rest at once.
import { resolve } from 'node:path'
import process from 'node:process'
import { runProcess } from '../platform/lifecycle.ts'
import { calmSignals } from './signals.ts'
import { startAll } from './start.ts'

const root = resolve(import.meta.dirname, '../..')

// Events, which are personal data, and secrets are readable by their owner only, whatever process writes them.
process.umask(0o077)

const kills: (() => void)[] = []
process.on('exit', () => {
  for (const kill of kills) kill()
})

await runProcess(calmSignals(process), (env, lifecycle) =>
  startAll(env, lifecycle, {
    root,
    servicesRoot: resolve(root, 'services'),
    dataDir: resolve(root, '.data'),
    stdout: process.stdout,
    onExit: (kill) => void kills.push(kill),
  }),
)

#!/usr/bin/env node
// The `auth0-logs` command. What is not in the environment is read from a .env file: in this folder, else the project's. Without
// KAFKA_BROKERS and INGEST_TOKENS it speaks to the `npm start` that runs here.
import { existsSync } from 'node:fs'
import { enableCompileCache } from 'node:module'
import { join, resolve } from 'node:path'
import process from 'node:process'
import { localInstall } from './local-install.ts'

const root = resolve(import.meta.dirname, '../..')
// Half the work of a start: https://nodejs.org/docs/latest-v24.x/api/module.html#module-compile-cache
enableCompileCache(process.env.NODE_COMPILE_CACHE || join(root, '.data', 'compile-cache'))
const dotEnv = [process.cwd(), root].map((folder) => join(folder, '.env')).find(existsSync)
if (dotEnv) process.loadEnvFile(dotEnv)
const local = localInstall(root)
process.env.KAFKA_BROKERS ||= local.brokers ?? ''
if (process.env.KAFKA_BROKERS === local.brokers) process.env.INGEST_TOKENS ||= local.token ?? ''

// The first signal ends what is under way in order; a second one finds no listener and ends the process.
const stop = new AbortController()
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stop.abort(new Error('stopped')))

const { env, argv, stdin, stdout, stderr } = process
// A reader that has seen enough, such as head, is no failure.
stdout.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : 1))
const { runCli } = await import('./run.ts')
const status = await runCli({
  env,
  servicesRoot: resolve(import.meta.dirname, '..'),
  local,
  args: argv.slice(2),
  stdin,
  stdout,
  stderr,
  signal: stop.signal,
})
// A connection that was given up must not keep the command alive.
stdout.write('', () => process.exit(status))

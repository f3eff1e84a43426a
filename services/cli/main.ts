#!/usr/bin/env node
// The `auth0-logs` command. What is not in the environment is read from a .env file: in this folder, else the project's. Without
// KAFKA_BROKERS it speaks to the broker of the `npm start` that runs here.
import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import process from 'node:process'
import { localBrokers } from './local-broker.ts'
import { runCli } from './run.ts'

const root = resolve(import.meta.dirname, '../..')
const dotEnv = [process.cwd(), root].map((folder) => join(folder, '.env')).find(existsSync)
if (dotEnv) process.loadEnvFile(dotEnv)
process.env.KAFKA_BROKERS ||= localBrokers(root) ?? ''

// The first signal ends what is under way in order; a second one finds no listener and ends the process.
const stop = new AbortController()
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stop.abort(new Error('stopped')))

const { env, argv, stdin, stdout, stderr } = process
// A reader that has seen enough, such as head, is no failure.
stdout.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : 1))
const status = await runCli({
  env,
  servicesRoot: resolve(import.meta.dirname, '..'),
  args: argv.slice(2),
  stdin,
  stdout,
  stderr,
  signal: stop.signal,
})
// A connection that was given up must not keep the command alive.
stdout.write('', () => process.exit(status))

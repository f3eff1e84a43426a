#!/usr/bin/env node
// The `auth0-logs` command. Today it has one verb; each verb is a row of COMMANDS.
import { spawn } from 'node:child_process'

/** Verb -> the program that does it, run as a process of its own. */
const COMMANDS: Record<string, { program: string; does: string }> = {
  simulate: { program: '../sandbox/simulate/main.ts', does: 'post realistic Auth0 events to the ingest, as a log stream would' },
}

const HELP = `Usage: auth0-logs <command> [options]

Commands:
${Object.entries(COMMANDS)
  .map(([name, { does }]) => `  ${name.padEnd(12)}${does}`)
  .join('\n')}

auth0-logs <command> --help tells the options of a command.
Example: auth0-logs simulate --token "$INGEST_TOKENS" --count 1000 --rate 200
`

const [name, ...rest] = process.argv.slice(2)
const command = COMMANDS[name ?? '']
if (name === '--help' || name === '-h') process.stdout.write(HELP)
else if (!command) {
  process.stderr.write(`${name ? `auth0-logs has no command ${JSON.stringify(name)}\n\n` : ''}${HELP}`)
  process.exitCode = 2
} else {
  const program = new URL(command.program, import.meta.url).pathname
  const child = spawn(process.execPath, [program, ...rest], { stdio: 'inherit' })
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => child.kill(signal))
  child.on('exit', (code, signal) => {
    process.exitCode = code ?? (signal ? 1 : 0)
  })
}

// The commands that are no operations: they need the environment, a terminal or other programs, not Kafka alone.
import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { execPath } from 'node:process'
import type { Command } from 'commander'
import { completionScript, SHELLS } from './completion.ts'
import type { OwnCommand } from './program.ts'
import { registerCommand } from './register-command.ts'
import { createStyle, type Terminal } from './terminal.ts'

// What a command alone needs it loads by itself: the others start sooner.

export function ownCommands(terminal: Terminal): readonly OwnCommand[] {
  const { env, args, servicesRoot, stdout, signal, local = {} } = terminal
  const say = (text: string) => void stdout.write(`${text}\n`)
  const style = createStyle(stdout, env)
  return [
    {
      name: 'validate',
      summary: 'check all settings, and whether Kafka, the sinks and Auth0 can be reached with them',
      add: (command, done) =>
        command
          .option('--no-network', 'check the settings only, contact nobody')
          .option('--acls', 'also list the access rights to grant at Kafka, AWS and Auth0')
          .option('--json', 'the result as JSON, for programs')
          .addHelpText('after', examples('validate', 'validate --no-network --json', 'validate --acls'))
          .action(async ({ network, acls, json }: { network: boolean; acls?: boolean; json?: boolean }) => {
            const [{ validate }, { neededAcls }, { presentValidated }, { checkSettings }, { kafkaFields }] = await Promise.all([
              import('./validate/validate.ts'),
              import('./validate/acls.ts'),
              import('./present/own.ts'),
              import('../platform/settings.ts'),
              import('../topics/fields.ts'),
            ])
            const result = await validate(servicesRoot, env, { network, signal })
            const { prefix = 'auth0.logs' } = checkSettings(kafkaFields, env).settings
            const grants = acls ? neededAcls(prefix, result.sinks) : undefined
            const { ok, problems } = result
            say(
              json
                ? JSON.stringify({ ok, problems, ...(grants ? { acls: grants } : {}) })
                : presentValidated(result, grants, network, style),
            )
            done(ok ? 0 : 1)
          }),
    },
    registerCommand(terminal),
    {
      name: 'hash-password',
      summary: 'make the hash of a password for CONSOLE_USERS, read without echo or from a pipe',
      add: (command) =>
        command
          .addHelpText(
            'after',
            `${examples('hash-password')}\n\nCONSOLE_USERS is name:role:hash, comma-separated; role is viewer or operator.`,
          )
          .action(async () => {
            const { askForHash } = await import('./hash-password.ts')
            say(await askForHash(terminal))
          }),
    },
    {
      name: 'simulate',
      summary: 'post realistic Auth0 events to the ingest, as a log stream would',
      add: (command, done) =>
        command
          .helpOption(false)
          .allowUnknownOption()
          .allowExcessArguments()
          .action(async () => {
            const given = args.slice(args.indexOf('simulate') + 1)
            const isNamed = given.some((arg) => arg === '--url' || arg.startsWith('--url=') || arg === '--help')
            // The `npm start` of this folder, where no other ingest is named.
            const url = local.ingest && !isNamed ? ['--url', `${local.ingest}/logs`] : []
            const tokens = { INGEST_TOKENS: env.INGEST_TOKENS || local.token }
            done(
              await runProgram(join(servicesRoot, 'sandbox/simulate/main.ts'), [...url, ...given], { ...env, ...tokens }, signal),
            )
          }),
    },
    {
      name: 'completion',
      summary: 'a script that completes commands in the shell',
      add: (command) =>
        command
          .argument(`<${SHELLS.join('|')}>`, 'which shell')
          .addHelpText('after', '\nExamples:\n  source <(auth0-logs completion bash)\n  auth0-logs completion zsh >> ~/.zshrc')
          .action((shell: string) => {
            const known = SHELLS.find((one) => one === shell)
            if (!known) command.error(`error: shell must be one of ${SHELLS.join(', ')}, not ${shell}`, { exitCode: 2 })
            say(completionScript(command.parent as Command, known ?? 'bash'))
          }),
    },
  ]
}

const examples = (...lines: string[]) => `\nExamples:\n${lines.map((line) => `  auth0-logs ${line}`).join('\n')}`

/** Its exit status; Ctrl-C reaches it by itself, and it shows its result then. */
function runProgram(program: string, args: readonly string[], env: Terminal['env'], signal: AbortSignal): Promise<number> {
  const child = spawn(execPath, [program, ...args], { stdio: 'inherit', env: { ...env } })
  signal.addEventListener('abort', () => child.kill('SIGTERM'), { once: true })
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('exit', (code, killed) => resolve(code ?? (killed ? 1 : 0)))
  })
}

// The command `register`: its options, and what it answers.
import type { Command } from 'commander'
import type { OwnCommand } from './program.ts'
import { BODY_FORMATS, FILTERS, PII_KINDS, type Typed } from './register.ts'
import { createStyle, type Terminal } from './terminal.ts'

const HELP = `
Examples:
  auth0-logs register --url https://logs.example.com/logs
  auth0-logs register --url https://logs.example.com/logs --pii hash --pii-fields email,phone --dry-run
  auth0-logs register --pause

Categories of --filter: ${FILTERS.join(', ')}

What is not given stays as it is. Needs AUTH0_DOMAIN, AUTH0_CLIENT_ID, AUTH0_CLIENT_SECRET and the scopes read:log_streams,
create:log_streams, update:log_streams; --dry-run needs read:log_streams alone.`

export function registerCommand({ env, stdout, signal }: Terminal): OwnCommand {
  const several = (text: string, before: string[] = []) => [...before, text]
  return {
    name: 'register',
    summary: "create or update the tenant's log stream to the ingest",
    add: (command: Command) =>
      command
        .option('--url <https://…/logs>', 'https address of the ingest; required unless you only --pause or --resume')
        .option('--token <value>', 'the whole Authorization value (default: the first of INGEST_TOKENS)')
        .option('--name <name>', 'name of the log stream; an existing one of this name is updated', 'auth0-log-pipeline')
        .option('--format <format>', `body format: ${BODY_FORMATS.join(', ')}`)
        .option('--start-from <time>', 'when the stream is created: first send the logs stored since this ISO time')
        .option('--priority', 'a prioritised stream: eight types of security events, nothing else')
        .option('--no-priority', 'an ordinary stream')
        .option('--filter <category>', 'send only this category; repeatable', several)
        .option('--pii <way>', 'hide personal data in the stream: mask or hash')
        .option('--pii-fields <kinds>', `what to hide, comma-separated (default: all): ${PII_KINDS.join(', ')}`)
        .option('--header <name: value>', 'also send this header; repeatable', several)
        .option('--pause', 'Auth0 sends nothing, and keeps the logs within its retention')
        .option('--resume', 'reactivate a paused stream')
        .option('--dry-run', 'show what would change, and change nothing')
        .option('--json', 'the result as JSON, for programs')
        .addHelpText('after', HELP)
        .action(async ({ json, dryRun = false, ...typed }: Typed & { json?: boolean; dryRun?: boolean }) => {
          if (typed.url === undefined && !typed.pause && !typed.resume)
            command.error("error: required option '--url <https://…/logs>' not specified", { exitCode: 2 })
          // Loaded here: the other commands start sooner.
          const [{ openAuth0 }, { auth0Fields }, { readSettings }, { presentRegistered }, { readWanted, register }] =
            await Promise.all([
              import('../auth0/client.ts'),
              import('../auth0/fields.ts'),
              import('../platform/settings.ts'),
              import('./present/own.ts'),
              import('./register.ts'),
            ])
          const tokens = env.INGEST_TOKENS?.trim() ?? ''
          const wanted = readWanted(typed, tokens)
          const auth0 = await openAuth0(readSettings(auth0Fields({ required: true }), env))
          const result = await register(auth0, wanted, { tokens, dryRun, signal })
          stdout.write(`${json ? JSON.stringify(result, null, 2) : presentRegistered(result, createStyle(stdout, env))}\n`)
        }),
  }
}

// `--check`: what a sink's settings are worth, as one line of JSON, for `npm start` and `auth0-logs validate`.
import { errorText, type Problem } from '../../platform/errors.ts'
import { type Process, within } from '../../platform/lifecycle.ts'
import { type Fields, givenName, type Settings } from '../../platform/settings.ts'
import type { Connection, Sink } from './contract.ts'
import { readSinkSettings } from './settings.ts'

/** Of the check that `--check --network` makes. */
const VENDOR_MS = 10_000

/** With `--network` the vendor is asked too whether it may be written to. */
export async function checkSink(sink: Sink, proc: Process): Promise<void> {
  const { own, problems } = readSinkSettings(sink, proc.env)
  const given = Object.values(sink.fields)
    .map((field) => givenName(field, proc.env))
    .filter((name) => name !== undefined)
  const asks = proc.argv.includes('--network') && given.length > 0 && problems.length === 0
  if (asks) problems.push(...(await vendorProblems(sink, own)))
  const { name: service, sandbox, permissions = [] } = sink
  proc.stdout.write(`${JSON.stringify({ service, given, problems, sandbox, permissions })}\n`)
}

async function vendorProblems(sink: Sink, settings: Settings<Fields>): Promise<Problem[]> {
  let connection: Connection<unknown> | undefined
  try {
    connection = (await sink.connect(settings)) as Connection<unknown>
    await within(connection.check(), VENDOR_MS, 'the answer')
    return []
  } catch (error) {
    return [{ setting: sink.name, problem: `cannot be written to: ${errorText(error)}` }]
  } finally {
    await connection?.close()
  }
}

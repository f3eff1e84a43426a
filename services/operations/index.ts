// The list of all operations, and the one way in which any of them is done: role, input, work, audit record.
import { errorText } from '../platform/errors.ts'
import { publishAudit } from '../topics/reports.ts'
import { backfill } from './backfill.ts'
import {
  deadLettersAcknowledge,
  deadLettersExport,
  deadLettersList,
  deadLettersRedrive,
  deadLettersShow,
} from './dead-letters.ts'
import { explain } from './explain.ts'
import { find } from './find.ts'
import { jobsCancel, jobsList, jobsShow } from './jobs.ts'
import { type Context, type Operation, readInput, quoted, type Role, type Values, WrongUse } from './operation.ts'
import { proofs } from './prove/proofs.ts'
import { prove } from './prove/prove.ts'
import { replay } from './replay.ts'
import { run } from './run-now.ts'
import { runs } from './runs.ts'
import { schedule } from './schedule.ts'
import { settings } from './settings.ts'
import { show } from './show.ts'
import { pause, resume, start, stop } from './state.ts'
import { status } from './status.ts'
import { tail } from './tail.ts'

/** No verb needs more; what is larger is refused, and is not on record as a whole either. */
const MAX_INPUT_BYTES = 16_384
const MAX_INPUT_ON_RECORD = 4_096
const MAX_OUTCOME = 1_000

/** In the order of help and menus: looking first, then steering. */
export const operations: readonly Operation[] = [
  status,
  runs,
  tail,
  find,
  show,
  explain,
  proofs,
  pause,
  resume,
  stop,
  start,
  run,
  schedule,
  settings,
  replay,
  backfill,
  prove,
  jobsList,
  jobsShow,
  jobsCancel,
  deadLettersList,
  deadLettersShow,
  deadLettersExport,
  deadLettersRedrive,
  deadLettersAcknowledge,
]

/** What the asker's role does not allow: exit status 1, HTTP 403. */
export class NotAllowed extends Error {
  override name = 'NotAllowed'
}

export const operationNamed = (name: string): Operation | undefined => operations.find((operation) => operation.name === name)

/**
 * Does one operation and answers its result. What an operator's verb did, or why it did not, is on record before the answer.
 * @param given texts (command line) or JSON (REST)
 * @param emit for verbs that follow something: takes each object as it comes, until `context.signal` is aborted; the answer is `{}` then
 * @throws WrongUse, Refusal, NotAllowed; anything else is Kafka away or a bug
 */
export async function perform(
  context: Context,
  role: Role,
  name: string,
  given: Readonly<Record<string, unknown>>,
  emit?: (one: object) => void | Promise<void>,
): Promise<object> {
  const operation = operationNamed(name)
  if (!operation) throw new WrongUse('operation', `there is no ${quoted(name)}`)
  let looks = operation.role === 'viewer'
  try {
    if (bytesOf(given) > MAX_INPUT_BYTES) throw new WrongUse('input', `is larger than ${MAX_INPUT_BYTES} bytes`)
    const values = readInput(operation.inputs, given)
    looks = operation.looks?.(values) ?? looks
    if (looks) return await work(context, operation, values, emit)
    if (role !== 'operator') throw new NotAllowed(`${name} with this input needs the role operator`)
    // Nobody knows when following ends: it is on record when it begins.
    if (emit && operation.stream) await record(context, role, operation, given, 'ok', {})
    const result = await work(context, operation, values, emit)
    if (!(emit && operation.stream)) await record(context, role, operation, given, 'ok', result)
    return result
  } catch (error) {
    if (!looks) await record(context, role, operation, given, errorText(error), {})
    throw error
  }
}

async function work(
  context: Context,
  operation: Operation,
  values: Values,
  emit?: Parameters<typeof perform>[4],
): Promise<object> {
  if (!emit || !operation.stream) return operation.run(context, values)
  await operation.stream(context, values, emit)
  return {}
}

/** Where the record cannot be written what was done stays done, so the answer is not withheld; the log says it. */
async function record(
  { client, producer, by, log }: Context,
  role: Role,
  operation: Operation,
  given: Readonly<Record<string, unknown>>,
  outcome: string,
  result: { before?: unknown; after?: unknown },
): Promise<void> {
  const { before = null, after = null } = result
  const audit = {
    at: new Date().toISOString(),
    by,
    role,
    operation: operation.name,
    input: inputOnRecord(operation, given),
    outcome: outcome.length > MAX_OUTCOME ? `${outcome.slice(0, MAX_OUTCOME - 1)}…` : outcome,
    before,
    after,
  }
  await publishAudit(client, producer, audit).catch((error) =>
    log.error({ error: errorText(error), operation: operation.name, by, outcome }, 'the audit record could not be written'),
  )
}

/** Names stay, and values as long as they are short together. */
function inputOnRecord(operation: Operation, given: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const bytes = bytesOf(given)
  if (bytes > MAX_INPUT_ON_RECORD) return { left_out: `${bytes === Number.POSITIVE_INFINITY ? 'too many' : bytes} bytes` }
  return operation.audited ? operation.audited(given) : { ...given }
}

/** Of the input as JSON; infinite where it is nested too deep to be written down. */
function bytesOf(given: unknown): number {
  try {
    return Buffer.byteLength(JSON.stringify(given) ?? '')
  } catch {
    return Number.POSITIVE_INFINITY
  }
}

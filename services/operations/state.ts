// `pause`, `resume`, `stop`, `start`: what an operator asks of a service, and whether the group shows it.
import { sleep } from '../platform/lifecycle.ts'
import { type DesiredState, publishControl, readControl } from '../topics/control.ts'
import { describeGroups } from '../topics/groups.ts'
import { desiredState, isSteered, knownService } from './services.ts'
import type { Context, Operation } from './operation.ts'

/** `effect` says in words what was seen of it; `missed` where the group did not show it in time. */
export type StateChange = {
  service: string
  before: { state: DesiredState; by: string; at: string }
  after: { state: DesiredState; by: string; at: string }
  members: number
  missed: boolean
  effect: string
}

const EFFECT_MS = 10_000
const LOOK_MS = 250

function stateOperation(name: string, state: DesiredState, summary: string): Operation {
  return {
    name,
    summary,
    role: 'operator',
    inputs: { sink: { meaning: 'which sink, or backfill', kind: 'text', required: true, positional: true, suggest: 'sink' } },
    examples: [`auth0-logs ${name} cloudwatch`],
    run: (context, { sink }) => setState(context, String(sink), state),
  }
}

export const pause = stateOperation('pause', 'paused', 'pause delivery; the members stay in their group')
export const resume = stateOperation(
  'resume',
  'running',
  'resume delivery from the committed offsets; a sink on hold retries at once',
)
export const stop = stateOperation('stop', 'stopped', 'stop delivery and leave the group, as an offset reset requires')
export const start = stateOperation('start', 'running', 'rejoin the group and deliver from the committed offsets')

/** Writes the state and waits until the group shows it, for `limitMs` at most. @throws Refusal for a service that is not known */
export async function setState(context: Context, name: string, state: DesiredState, limitMs = EFFECT_MS): Promise<StateChange> {
  const { client, producer, by } = context
  const known = knownService(await readControl(client, 'state'), name, isSteered)
  const at = new Date().toISOString()
  const before = { state: desiredState(known), by: known.state?.by ?? '', at: known.state?.at ?? '' }
  const runAt = known.state?.run_at
  await publishControl(client, producer, `state/${known.name}`, { state, by, at, ...(runAt ? { run_at: runAt } : {}) })
  const shown = await effectOf(context, known.record.group, before.state, state, limitMs)
  return { service: known.name, before, after: { state, by, at }, ...shown }
}

/** Membership is all that Kafka tells: stopped has no members, the others have some. Pausing shows nowhere. */
async function effectOf(
  { client, signal, progress }: Context,
  group: string,
  before: DesiredState,
  state: DesiredState,
  limitMs: number,
) {
  const wantsMembers = state !== 'stopped'
  const deadline = Date.now() + limitMs
  for (let looks = 0; ; looks++) {
    const [{ members }] = await describeGroups(client, [group])
    const count = members.length
    if (count > 0 === wantsMembers) return { members: count, missed: false, effect: seenEffect(before, state, count, looks) }
    if (Date.now() >= deadline || signal.aborted)
      return { members: count, missed: true, effect: missedEffect(state, count, limitMs) }
    progress(looks, limitMs / LOOK_MS, wantsMembers ? 'waiting for a member to join' : 'waiting for the members to leave')
    await sleep(LOOK_MS, signal)
  }
}

const membersText = (count: number) => (count === 1 ? '1 member' : `${count} members`)

function seenEffect(before: DesiredState, state: DesiredState, count: number, looks: number): string {
  if (state === 'stopped') return looks === 0 ? 'the group had no members' : 'all members have left the group'
  const joined = `the group has ${membersText(count)}`
  if (state === 'paused' && before === 'running') return `${joined}; it takes effect within a second`
  return joined
}

function missedEffect(state: DesiredState, count: number, limitMs: number): string {
  const waited = `after ${limitMs / 1000} s`
  if (state === 'stopped')
    return `${membersText(count)} still in the group ${waited}: a delivery may take 20 s; if they stay, look at the service's log`
  return `no member in the group ${waited}: is the service running? The new state applies when it starts`
}

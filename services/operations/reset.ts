// An offset reset as one action: plan, stop, wait for the empty group, set the offsets, verify, state as before. Every step is in a
// control record first, so that whoever comes after a crash can finish it or abort it.
//
//   stopping ──members have left──► setting ──offsets are as planned──► set ──state as before──► (no record)
import { errorText } from '../platform/errors.ts'
import { sleep, within } from '../platform/lifecycle.ts'
import { type ControlRecords, type JobRecord, publishControl, readControl, type StateRecord } from '../topics/control.ts'
import { type ResetPlan, resetPlanOf } from '../topics/control-records.ts'
import { newJob } from '../topics/jobs.ts'
import { committedOffsets, describeGroups, logRanges, setOffsets } from '../topics/groups.ts'
import { topicNames } from '../topics/names.ts'
import { publishProof } from '../topics/proofs.ts'
import { decodeAccount } from '../topics/records.ts'
import { desiredState, type Known } from './services.ts'
import { type Context, Refusal } from './operation.ts'

/** A reset that somebody began and that has not come to its end. */
export type OpenReset = { service: string; plan: ResetPlan; by: string; at: string; from: string }

/** Beside the session's timeout: a delivery under way may take its time. */
const LEAVE_MS = 25_000
const LOOK_MS = 250
const SET_MS = 30_000

const keyOf = (service: string) => `job/${service}/reset`

/** The reset of a service that is under way, or was when its operator's process ended. */
export function openReset(control: ControlRecords, service: string): OpenReset | undefined {
  const record = control.get(keyOf(service)) as JobRecord | undefined
  const plan = record && resetPlanOf(record)
  return plan && { service, plan, by: record.by, at: record.at, from: record.from }
}

/** What an operator is told who finds one. */
export function openResetText({ service, plan, by, at, from }: OpenReset): string {
  const left =
    plan.step === 'set' ? 'the offsets are set, the state is not back yet' : 'the offsets are not all set, deliveries stand still'
  return (
    `a reset of ${service} to ${from}, begun by ${by} at ${at}, is not at its end: ${left}. If that operator is not at it any more: ` +
    `auth0-logs replay ${service} --finish, or --abort to have the offsets and the state as they were`
  )
}

/** @param offsets next offsets by partition; others stay @throws Refusal when members stay in the group: all is as before then */
export async function beginReset(context: Context, known: Known, from: string, offsets: Map<number, number>): Promise<void> {
  const { client, by } = context
  const topic = topicNames.events(client.settings.prefix)
  const committed = await committedOffsets(client, known.record.group, topic)
  const at = new Date().toISOString()
  const plan: ResetPlan = {
    step: 'stopping',
    group: known.record.group,
    before: committed.filter(({ partition }) => offsets.has(partition)).map(({ partition, offset }) => [partition, offset]),
    offsets: [...offsets],
    state: known.state ?? null,
    stopped: desiredState(known) === 'stopped' ? null : { v: 1, state: 'stopped', by, at },
  }
  await carryOut(context, { service: known.name, plan, by, at, from })
}

/** Goes on where it stopped, to its end. */
export async function finishReset(context: Context, reset: OpenReset): Promise<void> {
  await carryOut(context, reset)
}

async function carryOut(context: Context, reset: OpenReset): Promise<void> {
  const { client, log, progress } = context
  const { plan } = reset
  const offsets = new Map(plan.offsets)
  if (plan.step !== 'set') {
    progress(0, 6, 'writing the plan')
    await write(context, reset, plan.step)
    progress(1, 6, 'stopping the sink')
    await stopMembers(context, reset)
    progress(3, 6, 'setting the offsets')
    await write(context, reset, 'setting')
    // What cannot be told does not stand in the way: a proof says then what it does not know.
    await tellClosed(context, reset).catch((error) =>
      log.warn({ error: errorText(error) }, 'where the accounts end could not be told to proofs of days before'),
    )
    await put(context, plan.group, offsets)
    progress(4, 6, 'the offsets are set')
    await write(context, reset, 'set')
  }
  progress(5, 6, 'the state as before')
  await restoreState(context, reset)
  progress(6, 6, 'done')
  await publishControl(client, context.producer, keyOf(reset.service), null)
}

/**
 * Offsets and state as they were before, from every step. Where nothing was ever committed the log's first offset takes its place.
 * Answers false where the sink has gone on from the new offsets already: they stay.
 */
export async function abortReset(context: Context, reset: OpenReset): Promise<boolean> {
  const { client } = context
  const { plan } = reset
  const topic = topicNames.events(client.settings.prefix)
  let undone = true
  if (plan.step !== 'stopping') {
    const committed = new Map(
      (await committedOffsets(client, plan.group, topic)).map(({ partition, offset }) => [partition, offset]),
    )
    const planned = new Map(plan.offsets)
    undone = plan.before.every(([p, offset]) => committed.get(p) === offset || committed.get(p) === planned.get(p))
    const moved = plan.before.filter(([p, offset]) => committed.get(p) !== offset)
    if (undone && moved.length > 0) {
      await stopMembers(context, reset)
      const starts = new Map((await logRanges(client, topic)).map(({ partition, start }) => [partition, start]))
      const back = new Map(moved.map(([p, offset]) => [p, offset < 0 ? (starts.get(p) ?? 0) : offset]))
      await put(context, plan.group, back)
    }
  }
  await restoreState(context, reset)
  await publishControl(client, context.producer, keyOf(reset.service), null)
  return undone
}

async function write(
  { client, producer }: Context,
  { service, plan, by, at, from }: OpenReset,
  step: ResetPlan['step'],
): Promise<void> {
  plan.step = step
  const checkpoint = JSON.stringify(plan)
  const record = newJob({ id: 'reset', service, kind: 'reset', state: 'running', from, checkpoint, by, at })
  await publishControl(client, producer, keyOf(service), record)
}

/** @throws Refusal that names who is still in; state and offsets are as before then */
async function stopMembers(context: Context, reset: OpenReset): Promise<void> {
  const { client, producer, progress, signal } = context
  const { service, plan } = reset
  if (plan.stopped) await publishControl(client, producer, `state/${service}`, plan.stopped)
  progress(2, 6, 'waiting for the members to leave the group')
  const limitMs = LEAVE_MS + client.settings.sessionTimeout * 1000
  for (const until = Date.now() + limitMs; ; await sleep(LOOK_MS, signal)) {
    const [{ members }] = await describeGroups(client, [plan.group])
    if (members.length === 0) return
    if (Date.now() < until && !signal.aborted) continue
    const who = members.map((member) => `${member.client} at ${member.host}`).join(', ')
    const why = signal.aborted ? 'broken off' : `still in group ${plan.group} after ${limitMs / 1000} s: ${who}`
    if (plan.step !== 'stopping') throw new Refusal(`${why}. The plan is kept: try --finish or --abort again when they have left`)
    await restoreState(context, reset)
    await publishControl(client, producer, keyOf(service), null)
    throw new Refusal(
      `nothing was changed: ${why}. Offsets can be set only while nobody is in the group; end these processes first`,
    )
  }
}

/** The accounts that end here, for proofs of days before. */
async function tellClosed({ client, producer }: Context, { service, plan, by }: OpenReset): Promise<void> {
  const topic = topicNames.events(client.settings.prefix)
  const planned = new Set(plan.offsets.map(([partition]) => partition))
  const committed = await committedOffsets(client, plan.group, topic)
  const accounts = committed
    .filter(({ partition }) => planned.has(partition))
    .flatMap(({ partition, offset, metadata }) => {
      const account = metadata === '' ? undefined : decodeAccount(metadata, offset)
      return account ? [{ partition, base: account.base, next: offset }] : []
    })
  if (accounts.length === 0) return
  await publishProof(client, producer, { proof: 'closed', id: service, at: new Date().toISOString(), by, accounts })
}

/** Sets the offsets and looks whether they are so. @throws Refusal where they are not: the plan is kept then */
async function put({ client }: Context, group: string, offsets: Map<number, number>): Promise<void> {
  const topic = topicNames.events(client.settings.prefix)
  const kept = 'The plan is kept: --finish sets them again, --abort undoes it'
  await within(setOffsets(client, group, topic, offsets), SET_MS, 'setting the offsets').catch((error) => {
    throw new Refusal(`Kafka did not take the offsets: ${errorText(error)}. ${kept}`)
  })
  const committed = await committedOffsets(client, group, topic)
  const wrong = committed.filter(({ partition, offset }) => offsets.has(partition) && offsets.get(partition) !== offset)
  if (wrong.length === 0) return
  const places = wrong.map(({ partition, offset }) => `${partition} is at ${offset} instead of ${offsets.get(partition)}`)
  throw new Refusal(`the offsets are not as planned: partition ${places.join(', ')}. ${kept}`)
}

/** Only where the state is still the one that this reset wrote: what an operator set meanwhile stays. */
async function restoreState({ client, producer }: Context, { service, plan }: OpenReset): Promise<void> {
  const { stopped, state } = plan
  if (!stopped) return
  const now = (await readControl(client, 'reset')).get(`state/${service}`) as StateRecord | undefined
  if (now?.by === stopped.by && now.at === stopped.at && now.state === 'stopped') {
    await publishControl(client, producer, `state/${service}`, state)
  }
}

// A sink that does nothing although it should: told as trouble within 15 s, whatever the reason is.
import { sleep } from '../../platform/lifecycle.ts'
import type { Flow } from './flow.ts'
import type { Member } from './member.ts'

const LOOK_MS = 1_000
/** How long nothing has to come for it to be trouble. */
const STILL_MS = 12_000

type Problem = { reason: string; message: string }

/** @param isDue the sink is to deliver: running as operators ask, within a tick where it is scheduled, and Kafka answers */
export async function watchStanding(flow: Flow, member: Member, isDue: () => boolean, signal: AbortSignal): Promise<void> {
  let seen = ''
  let since = performance.now()
  for (; !signal.aborted; await sleep(LOOK_MS, signal)) {
    const lanes = flow.lanes()
    const progress = lanes.map(({ partition, reads, next }) => `${partition}:${reads}:${next}`).join()
    if (!isDue() || progress !== seen) since = performance.now()
    seen = progress
    const problem = memberProblem(member) ?? (lanes.length === 0 ? NO_PARTITIONS : stillProblem(flow))
    flow.stands(problem && performance.now() - since >= STILL_MS ? problem : undefined)
  }
}

const NO_PARTITIONS: Problem = {
  reason: 'no_partitions',
  message:
    'this member of the consumer group has no partitions: the group has more members than the topic has partitions, or its members cannot agree. Other members deliver meanwhile; auth0-logs status shows who has which partition',
}

function memberProblem(member: Member): Problem | undefined {
  const message = member.problem()
  return message === undefined ? undefined : { reason: 'not_a_member', message }
}

/** Events wait in Kafka, none is under way here, and nothing comes. */
function stillProblem(flow: Flow): Problem | undefined {
  const lanes = flow.lanes().filter(({ lag, openCount }) => lag > 0 && openCount === 0)
  if (lanes.length === 0 || flow.lanes().some(({ openCount }) => openCount > 0)) return undefined
  const waiting = lanes.reduce((sum, { lag }) => sum + lag, 0)
  const partitions = lanes.map(({ partition }) => partition).join(', ')
  return {
    reason: 'standstill',
    message: `Kafka holds ${waiting} events of partitions ${partitions} and hands none of them over. Nothing is lost; check the brokers, and restart this sink if it lasts`,
  }
}

// The broker that coordinates a sink's group dies and stays away: commits go on at the next coordinator, and little is sent twice.
import { expect } from 'vitest'
import type { Cluster } from '../../support/cluster.ts'
import type { Deployment, Verdict } from '../../support/deployment.ts'
import type { SinkName } from '../../support/vendors.ts'
import { pause, until } from '../../support/wait.ts'

/** From the loss to the first commit of what was sent after it. Of that the cluster takes some 4 s to find out for itself. */
const COMMITS_GO_ON_MS = 15_000

/**
 * @param streaming what to do before the loss and after it, at this rate of events a second
 * @param settleMs how long the sink waits before it counts what it sent as delivered
 */
export async function loseCoordinator(
  cluster: Cluster,
  deployment: Deployment,
  {
    sink,
    rate,
    beforeMs = 3_000,
    afterMs = 3_000,
    settleMs = 0,
  }: { sink: SinkName; rate: number; beforeMs?: number; afterMs?: number; settleMs?: number },
): Promise<Verdict & { uncommitted: number; commitsAfterMs: number }> {
  const { kafka, committed, ends, group } = deployment
  const stream = deployment.stream(rate)
  await until(
    'commits under way',
    () => committed(sink).catch(() => 0),
    (sum) => sum > 0,
  )
  await pause(beforeMs)
  const lost = await kafka.coordinatorOf(group(sink))
  // Commits first: what is committed between the two questions only makes the bound larger. More comes between them and the kill.
  const committedBefore = await committed(sink)
  const uncommitted = (await ends()) - committedBefore + rate / 2
  await cluster.node(lost).kill()
  const at = performance.now()
  await pause(afterMs)
  const target = await until(
    'the end of the log',
    () => ends().catch(() => 0),
    (sum) => sum > 0,
  )
  await until(
    `commits of ${sink} at the new coordinator`,
    () => committed(sink).catch(() => -1),
    (sum) => sum >= target,
    { limitMs: COMMITS_GO_ON_MS - afterMs + settleMs, everyMs: 100 },
  )
  const commitsAfterMs = Math.round(performance.now() - at)
  await stream.end()
  const verdict = await deployment.judge(sink)
  expect(verdict.repeats, `repeats at ${sink}`).toBeLessThanOrEqual(uncommitted)
  return { ...verdict, uncommitted, commitsAfterMs }
}

// The main topic is deleted and made anew under a running sink: what the new one holds is all delivered, and the break is told.
import { expect } from 'vitest'
import { type Deployment, PARTITIONS } from '../../support/deployment.ts'
import type { Service } from '../../support/processes.ts'
import type { SinkName } from '../../support/vendors.ts'
import { until } from '../../support/wait.ts'

/** How a sink may say that the log is no longer the one that its commit meant. */
const BREAK =
  /made anew|another topic|another one|is not the one|new topic|different topic|new base|shorter|past the end|beyond the end|begins? (again|anew|over)/i
const TOLD_MS = 30_000

/** @param members of the sinks; Slack's service must run too */
export async function makeTopicAnew(
  deployment: Deployment,
  sinks: readonly SinkName[],
  members: readonly Service[],
): Promise<void> {
  const { kafka, prefix, post, answered, judge, vendors } = deployment
  await post({ count: 300 })
  for (const sink of sinks) await judge(sink)
  const before = answered.size
  await kafka.admin(async (it) => {
    await it.deleteTopics({ topics: [prefix] })
    // The ingest makes it too, where it meets a topic that is away.
    await until(
      'the topic made anew',
      () =>
        it.createTopics({ topics: [{ topic: prefix, numPartitions: PARTITIONS }], waitForLeaders: false }).then(
          () => true,
          (error: Error) => /exists/.test(error.message),
        ),
      (made) => made,
    )
  })
  // Fewer than the old one held, then more: both sides of the old place.
  await post({ count: 150 })
  for (const sink of sinks) await arrive(deployment, sink)
  await post({ count: 600 })
  expect(answered.size - before).toBe(750)
  for (const sink of sinks) {
    const { delivered, duplicates } = await judge(sink)
    // What arrived before the break is no part of the new account.
    expect(delivered + duplicates, `counted by ${sink} since the new base`).toBe(await deployment.ends())
    expect((await deployment.accounts(sink)).map(({ base }) => base)).toEqual(Array.from({ length: PARTITIONS }, () => 0))
    expect(vendors.repeats(sink)).toBe(0)
    await breakTold(
      deployment,
      sink,
      members.filter(({ name }) => name.endsWith(sink)),
    )
  }
}

const arrive = ({ missing, answered }: Deployment, sink: SinkName) =>
  until(
    `every event at ${sink}`,
    () => ({ missing: missing(sink).length, of: answered.size }),
    ({ missing }) => missing === 0,
    { limitMs: 40_000, everyMs: 100 },
  )

/** In the sink's log, in a report, in `status` and in Slack. */
export async function breakTold(
  { kafka, prefix, cli, slack }: Deployment,
  sink: SinkName,
  members: readonly Service[],
): Promise<void> {
  const loud = () => members.flatMap(({ lines }) => lines).filter((line) => isLoud(line) && BREAK.test(line))
  await until('the break in the log', loud, ({ length }) => length > 0, { limitMs: TOLD_MS })
  const errors: string[] = []
  const reports = await kafka.read([`${prefix}.reports`], ({ message }) => {
    const report = JSON.parse(String(message.value)) as { service: string; error: string }
    if (report.service === sink && report.error) errors.push(report.error)
  })
  await until(
    'the break in a report',
    () => errors,
    (all) => all.some((text) => BREAK.test(text)),
    { limitMs: TOLD_MS },
  )
  await reports.close()
  await until(
    'the break in `status`',
    () => cli('status', sink, '--json'),
    (text) => BREAK.test(text),
    { limitMs: TOLD_MS, everyMs: 500 },
  )
  await until(
    'the break in Slack',
    () => slack.received.last().map(({ text }) => text),
    (all) => all.some((text) => BREAK.test(text)),
    { limitMs: TOLD_MS },
  )
}

/** A line of the logger at warning or above. */
function isLoud(line: string): boolean {
  return /"level":"(warn|error|fatal)"/.test(line)
}

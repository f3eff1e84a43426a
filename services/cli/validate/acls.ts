// What the services need at Kafka, Auth0 and the vendors, for those who grant it. test/cli/least-rights.test.ts runs them with just these rights.
import { groupNames, topicNames } from '../../topics/names.ts'

/** Kafka's own words. A group is always meant with all names that begin so. */
export type Grant = { resource: 'topic' | 'group'; name: string; operations: readonly string[]; isPrefix?: boolean }

/**
 * The least that each needs where the topics exist. Read and Write bring Describe with them. Delete of a group tidies up readers and jobs:
 * without it they go by themselves. @param sinks names of all sinks
 */
export function leastGrants(prefix: string, sinks: readonly string[]): Record<string, Grant[]> {
  const topic = (name: string, ...operations: string[]): Grant => ({ resource: 'topic', name, operations })
  const groups = (...names: string[]) =>
    names.map((name): Grant => ({ resource: 'group', name, operations: ['Read', 'Delete'], isPrefix: true }))
  const [events, reports, control] = [topicNames.events(prefix), topicNames.reports(prefix), topicNames.control(prefix)]
  const letters = (service: string) => topicNames.deadLetters(prefix, service)
  return {
    ingest: [
      topic(events, 'Write'),
      topic(letters('ingest'), 'Write'),
      topic(reports, 'Write'),
      topic(control, 'Read', 'Write'),
      ...groups(`${prefix}.ingest`),
    ],
    'ingest with BACKFILL': [
      topic(events, 'Read', 'Write'),
      topic(letters('ingest'), 'Read', 'Write'),
      topic(reports, 'Read', 'Write'),
      topic(control, 'Read', 'Write'),
      ...groups(`${prefix}.ingest`, groupNames.backfill(prefix), `${prefix}.reconcile`),
      // Its worker proves days: it reads what the sinks committed and put aside.
      ...groups(`${prefix}.prove`, `${prefix}.dead-letters`),
      ...sinks.flatMap((sink): Grant[] => [
        topic(letters(sink), 'Read'),
        { resource: 'group', name: groupNames.sink(prefix, sink), operations: ['Read'], isPrefix: true },
      ]),
    ],
    ...Object.fromEntries(
      sinks.map((sink) => [
        sink,
        [
          topic(events, 'Read'),
          topic(letters(sink), 'Read', 'Write'),
          topic(reports, 'Read', 'Write'),
          topic(control, 'Read', 'Write'),
          ...groups(groupNames.sink(prefix, sink), `${prefix}.start-from`),
        ],
      ]),
    ),
    slack: [topic(reports, 'Read', 'Write'), topic(control, 'Read', 'Write'), ...groups(`${prefix}.slack`)],
    'console and auth0-logs': [
      { resource: 'topic', name: prefix, operations: ['Read', 'Write'], isPrefix: true },
      ...groups(prefix),
    ],
  }
}

/** One line a grant, as kafka-acls takes them. @param sinks by name, with what each needs at its vendor */
export function neededAcls(prefix: string, sinks: Readonly<Record<string, readonly string[]>>): string[] {
  return [
    'Kafka, every service (the prefix covers main topic, reports, control and dead letters):',
    `  --topic ${prefix} --resource-pattern-type prefixed --operation Read --operation Write --operation Describe --operation DescribeConfigs`,
    `  --group ${prefix} --resource-pattern-type prefixed --operation Read --operation Describe --operation Delete`,
    '  --cluster --operation Describe',
    'Kafka, where KAFKA_CREATE_TOPICS is true:',
    `  --topic ${prefix} --resource-pattern-type prefixed --operation Create`,
    'Kafka, the least that each service needs where the topics exist (with DescribeConfigs it warns of differing topic settings):',
    ...Object.entries(leastGrants(prefix, Object.keys(sinks))).flatMap(([service, grants]) => [
      `  ${service}:`,
      ...grants.map(grantLine),
    ]),
    ...Object.values(sinks).flat(),
    'Auth0, the application: read:logs; for BACKFILL=reconcile and validate read:log_streams; for register create:log_streams, update:log_streams',
  ]
}

const grantLine = ({ resource, name, operations, isPrefix }: Grant) =>
  `    --${resource} ${name}${isPrefix ? ' --resource-pattern-type prefixed' : ''}${operations.map((one) => ` --operation ${one}`).join('')}`

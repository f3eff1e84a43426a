// What the services need at Kafka and at AWS, for those who grant it.
import { groupNames, topicNames } from '../../topics/names.ts'

/** One line a grant; Kafka's own words, as kafka-acls takes them. @param sinks names of all sinks */
export function neededAcls(prefix: string, sinks: readonly string[]): string[] {
  const events = topicNames.events(prefix)
  return [
    'Kafka, every service (the prefix covers main topic, reports, control and dead letters):',
    `  --topic ${prefix} --resource-pattern-type prefixed --operation Read --operation Write --operation Describe --operation DescribeConfigs`,
    `  --group ${prefix} --resource-pattern-type prefixed --operation Read --operation Describe --operation Delete`,
    '  --cluster --operation Describe',
    'Kafka, where KAFKA_CREATE_TOPICS is true:',
    `  --topic ${prefix} --resource-pattern-type prefixed --operation Create`,
    'Kafka, least for one service each:',
    `  ingest: Write on ${events}, ${topicNames.deadLetters(prefix, 'ingest')} and ${topicNames.control(prefix)}; Read on ${topicNames.control(prefix)}`,
    ...sinks.map(
      (sink) =>
        `  ${sink}: Read on ${events} and ${topicNames.control(prefix)}; Write on ${topicNames.deadLetters(prefix, sink)}, ${topicNames.reports(prefix)}, ${topicNames.control(prefix)}; Read on group ${groupNames.sink(prefix, sink)}*`,
    ),
    ...(sinks.includes('cloudwatch')
      ? [
          'AWS, the cloudwatch sink, on the log group:',
          '  logs:PutLogEvents, logs:DescribeLogStreams',
          '  where CLOUDWATCH_CREATE is true: logs:CreateLogGroup, logs:CreateLogStream',
        ]
      : []),
    'Auth0, the application: read:logs; for BACKFILL=reconcile and validate read:log_streams; for register create:log_streams, update:log_streams',
  ]
}

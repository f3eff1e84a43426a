// The configuration of the one Kafka broker that `npm start` and the tests run: a single KRaft node, reached from this machine only.
// Every name: https://kafka.apache.org/documentation/#brokerconfigs

/** Message sizes stay Kafka's defaults: a topic's own max.message.bytes may exceed them, and one node replicates to nobody. */
const common: Readonly<Record<string, string | number>> = {
  'process.roles': 'broker,controller',
  'node.id': 1,
  'inter.broker.listener.name': 'BROKER',
  'controller.listener.names': 'CONTROLLER',
  'listener.security.protocol.map': 'BROKER:PLAINTEXT,CONTROLLER:PLAINTEXT',
  'auto.create.topics.enable': 'false',
  'offsets.topic.replication.factor': 1,
  'transaction.state.log.replication.factor': 1,
  'transaction.state.log.min.isr': 1,
  'share.coordinator.state.topic.replication.factor': 1,
  'share.coordinator.state.topic.min.isr': 1,
  'group.initial.rebalance.delay.ms': 0,
  // 50 by default: made at the first group's first join.
  'offsets.topic.num.partitions': 8,
  // After a kill -9 a broker is let in again only when its old session has expired: 9 s by default.
  'broker.session.timeout.ms': 3_000,
  'broker.heartbeat.interval.ms': 500,
  // As long as the topics keep an event: 7 days by default, after which a group at rest would deliver everything again.
  'offsets.retention.minutes': 35 * 24 * 60,
  // 128 MiB of the heap by default; this is enough for 600,000 keys a pass.
  'log.cleaner.dedupe.buffer.size': 16 * 1024 * 1024,
}

/** On this machine's Java. @param more wins over what is set here */
export function javaProperties(
  node: { port: number; controllerPort: number; logDir: string },
  more: Readonly<Record<string, string | number>> = {},
): string {
  const address = `BROKER://127.0.0.1:${node.port}`
  const properties = {
    ...common,
    listeners: `${address},CONTROLLER://127.0.0.1:${node.controllerPort}`,
    'advertised.listeners': address,
    'controller.quorum.voters': `1@127.0.0.1:${node.controllerPort}`,
    // In a properties file a backslash escapes.
    'log.dirs': node.logDir.replaceAll('\\', '\\\\'),
    ...more,
  }
  return Object.entries(properties)
    .map(([name, value]) => `${name}=${value}\n`)
    .join('')
}

/** In the official image, which takes its settings as KAFKA_ and the name in capitals, dots as underscores. The broker listens on 9092 inside. */
export function containerEnvironment(node: { port: number; logDir: string }): Record<string, string> {
  const properties = {
    ...common,
    listeners: 'BROKER://:9092,CONTROLLER://:9093',
    'advertised.listeners': `BROKER://127.0.0.1:${node.port}`,
    'controller.quorum.voters': '1@localhost:9093',
    'log.dirs': node.logDir,
  }
  return Object.fromEntries(
    Object.entries(properties).map(([name, value]) => [`KAFKA_${name.toUpperCase().replaceAll('.', '_')}`, String(value)]),
  )
}

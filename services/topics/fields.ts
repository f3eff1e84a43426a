// Settings of everything that talks to Kafka.
import { readableFile } from '../platform/files.ts'
import { boolean, choice, integer, list, parsed, type Settings, text } from '../platform/settings.ts'

export const kafkaFields = {
  brokers: list('KAFKA_BROKERS', 'Kafka bootstrap brokers, host:port, comma-separated', {
    required: true,
    check: (brokers) => {
      const wrong = brokers.find((broker) => !/^[^\s:/]+:\d{1,5}$/.test(broker) && !/^\[[0-9a-f:]+\]:\d{1,5}$/i.test(broker))
      return wrong === undefined ? undefined : 'must be host:port, comma-separated'
    },
  }),
  prefix: text('TOPIC_PREFIX', 'Name of the main topic, and prefix of all other topics and groups', {
    default: 'auth0.logs',
    check: (name) =>
      /^[A-Za-z0-9._-]{1,180}$/.test(name) ? undefined : 'may hold letters, digits, dot, underscore and hyphen only',
  }),
  partitions: integer('PARTITIONS', 'Partitions of the main topic when it is created; fixed afterwards', {
    default: 12,
    min: 1,
    max: 1000,
  }),
  replicationFactor: integer('KAFKA_REPLICATION_FACTOR', 'Copies of each partition when a topic is created', {
    default: 1,
    min: 1,
    max: 32,
  }),
  retentionDays: integer('LOG_RETENTION_DAYS', 'How long the topic keeps an event after its receipt', {
    default: 35,
    min: 1,
    max: 3650,
    unit: 'days',
  }),
  createTopics: boolean('KAFKA_CREATE_TOPICS', 'Create missing topics; false on clusters that forbid it', {
    default: true,
  }),
  compression: choice(
    'KAFKA_COMPRESSION',
    'Compression of the record batches that are produced',
    ['none', 'gzip', 'zstd', 'lz4', 'snappy'],
    { default: 'none' },
  ),
  maxRequestBytes: integer(
    'KAFKA_MAX_REQUEST_BYTES',
    'Largest produce request, all partitions together; Azure Event Hubs closes the connection above 1,046,528',
    { default: 16 * 1024 * 1024, min: 1_010_000, max: 100 * 1024 * 1024, unit: 'bytes' },
  ),
  sessionTimeout: integer('KAFKA_SESSION_TIMEOUT', 'After this long without a heartbeat a member loses its partitions', {
    default: 10,
    min: 6,
    max: 300,
    unit: 'seconds',
  }),
  maxEventBytes: integer('MAX_EVENT_BYTES', 'Largest event that is stored; a larger one is quarantined', {
    default: 1_000_000,
    min: 1_000,
    max: 1_000_000,
    unit: 'bytes',
  }),
  ssl: boolean('KAFKA_SSL', 'Use TLS to the brokers', { default: false }),
  ca: parsed('KAFKA_CA_FILE', "Certificate authority of the brokers' certificates, PEM; read at each connection", readableFile, {
    default: '',
  }),
  cert: parsed('KAFKA_CERT_FILE', 'Client certificate, PEM; read at each connection', readableFile, { default: '' }),
  key: parsed('KAFKA_KEY_FILE', "Client certificate's key, PEM; read at each connection", readableFile, { default: '' }),
  saslMechanism: choice(
    'KAFKA_SASL_MECHANISM',
    'SASL mechanism; aws-msk-iam uses the default credentials of AWS',
    ['plain', 'scram-sha-256', 'scram-sha-512', 'oauthbearer', 'aws-msk-iam'],
    {},
  ),
  saslUsername: text('KAFKA_SASL_USERNAME', 'User name at the brokers; the client id for oauthbearer'),
  saslPassword: text('KAFKA_SASL_PASSWORD', 'Password at the brokers; the client secret for oauthbearer', { secret: true }),
  saslTokenUrl: text(
    'KAFKA_SASL_TOKEN_URL',
    'Where oauthbearer gets its tokens: the token endpoint of the authorization server',
    {
      check: (url) =>
        /^https?:$/.test(URL.parse(url)?.protocol ?? '')
          ? undefined
          : 'must be an address such as https://login.example.com/token',
    },
  ),
  saslScope: text('KAFKA_SASL_SCOPE', 'Scope that oauthbearer asks for'),
  saslAwsRegion: text(
    'KAFKA_SASL_AWS_REGION',
    "Region of the MSK cluster, for aws-msk-iam; taken from the brokers' names unless set",
  ),
  rack: text('KAFKA_CLIENT_RACK', 'Rack or zone of this service: it reads from the replica there, where the brokers allow that'),
}

export type KafkaSettings = Settings<typeof kafkaFields>

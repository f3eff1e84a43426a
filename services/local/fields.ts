// Settings of `npm start`: those it uses itself. All others go on to the services as they are.
import { loggerFields } from '../platform/logger.ts'
import { integer, list, text } from '../platform/settings.ts'

export const localFields = {
  host: text('LISTEN_HOST', 'Address that everything listens on; 0.0.0.0 lets others in', { default: '127.0.0.1' }),
  sandboxPort: integer('SANDBOX_PORT', 'Port of the page of the sandbox; another free one where it is taken', {
    default: 8082,
    max: 65_535,
  }),
  kafkaBrokers: text('KAFKA_BROKERS', 'A Kafka that runs already; without it one is started'),
  ingestPort: integer('INGEST_PORT', 'Port of the ingest', { default: 8080, max: 65_535 }),
  consolePort: integer('CONSOLE_PORT', 'Port of the console', { default: 8081, max: 65_535 }),
  slackPort: integer('SLACK_PORT', "Port of the Slack service's health and metrics", { default: 9101, max: 65_535 }),
  ingestTokens: list('INGEST_TOKENS', 'Authorization values that the ingest accepts; without any one is made', { secret: true }),
  consoleUsers: text('CONSOLE_USERS', 'Users of the console; without any one is made', { secret: true }),
  runWindow: integer('RUN_WINDOW', 'How long a run of a continuous service lasts; each ends with a report', {
    default: 5,
    min: 1,
    unit: 'seconds',
  }),
  ...loggerFields,
}

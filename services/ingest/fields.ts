// Settings of the ingest service.
import { parseRedaction } from '../events/redact.ts'
import { readableFile } from '../platform/files.ts'
import { webhookField } from '../platform/slack.ts'
import { type Environment, integer, list, parsed, text } from '../platform/settings.ts'

const MIB = 1024 * 1024

/** Rows depend on the environment in one thing: INGEST_REDACT hashes with REDACT_KEY. */
export const ingestFields = (env: Environment) => ({
  port: integer('INGEST_PORT', 'Port of the webhook, health and metrics; 0 takes any free one', { default: 8080, max: 65_535 }),
  tokens: list('INGEST_TOKENS', 'Accepted values of the Authorization header, comma-separated: two while one is rotated', {
    required: true,
    secret: true,
    check: (tokens) => (tokens.length > 0 ? undefined : 'holds no token'),
  }),
  maxBytes: integer('INGEST_MAX_BYTES', 'Largest body, on the wire and decompressed', {
    default: 32 * MIB,
    min: 1024,
    unit: 'bytes',
  }),
  ackTimeout: integer('INGEST_ACK_TIMEOUT', "Longest wait for Kafka's acknowledgement before a 503", {
    default: 5,
    min: 1,
    max: 60,
    unit: 'seconds',
  }),
  highWater: integer(
    'INGEST_HIGH_WATER_BYTES',
    'Bytes in flight, received and not yet acknowledged by Kafka, above which new bodies get a 503',
    {
      default: 128 * MIB,
      min: 1024,
      unit: 'bytes',
    },
  ),
  tlsCert: parsed('INGEST_TLS_CERT_FILE', 'Certificate to serve https directly, PEM; reloaded when it changes', readableFile, {
    default: '',
  }),
  tlsKey: parsed('INGEST_TLS_KEY_FILE', "The certificate's key, PEM; reloaded when it changes", readableFile, { default: '' }),
  redact: parsed(
    'INGEST_REDACT',
    'Fields to redact before anything is stored: path:mask|hash|drop, comma-separated',
    (text) => parseRedaction(text, env.REDACT_KEY?.trim() ?? ''),
    { default: [] },
  ),
  webhook: webhookField('Incoming webhook for the message that Kafka has been away for 2 minutes'),
  redactKey: text('REDACT_KEY', 'Key of the HMAC-SHA-256 for hashed fields', { secret: true }),
})

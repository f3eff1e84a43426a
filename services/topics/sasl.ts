// How services log in to the brokers, in the words of both Kafka clients.
import type { SASLOptions as KafkajsSasl } from 'kafkajs'
import type { SASLOptions as PlatformaticSasl } from '@platformatic/kafka'
import type { KafkaSettings } from './fields.ts'

/** Of the request for a token. */
const TOKEN_MS = 10_000
/** A token is asked for again when this share of its life is over. */
const RENEW_AT = 0.8

/** As in b-1.logs.a1b2c3.c4.kafka.eu-central-1.amazonaws.com and boot-x.c1.kafka-serverless.us-east-1.amazonaws.com. */
const MSK_REGION = /\.kafka(?:-serverless)?\.([a-z0-9-]+)\.amazonaws\.com/

type Token = { value: string /** Milliseconds. */; lifeMs: number }

/** The clients' options; undefined where the brokers ask for no login. */
export function saslOptions(settings: KafkaSettings): { kafkajs: KafkajsSasl; platformatic: PlatformaticSasl } | undefined {
  const { saslMechanism: mechanism, saslUsername: username, saslPassword: password } = settings
  if (!mechanism) return undefined
  if (mechanism === 'oauthbearer' || mechanism === 'aws-msk-iam') {
    const token = kept(mechanism === 'oauthbearer' ? () => oauthToken(settings) : () => mskToken(settings))
    return {
      kafkajs: { mechanism: 'oauthbearer', oauthBearerProvider: async () => ({ value: await token() }) },
      platformatic: { mechanism: 'OAUTHBEARER', token },
    }
  }
  const upper = mechanism.toUpperCase() as 'PLAIN' | 'SCRAM-SHA-256' | 'SCRAM-SHA-512'
  return { kafkajs: { mechanism, username, password } as KafkajsSasl, platformatic: { mechanism: upper, username, password } }
}

/** One token for all connections, until it is nearly over. */
function kept(ask: () => Promise<Token>): () => Promise<string> {
  let token: Promise<Token> | undefined
  let renewAt = 0
  return async () => {
    if (!token || performance.now() >= renewAt) {
      const asked = ask()
      token = asked
      renewAt = Number.POSITIVE_INFINITY
      asked.then(
        ({ lifeMs }) => (renewAt = performance.now() + lifeMs * RENEW_AT),
        () => (token = undefined),
      )
    }
    return (await token).value
  }
}

/** OAuth 2 client credentials (RFC 6749 section 4.4). @throws in the words of the authorization server */
async function oauthToken(settings: KafkaSettings): Promise<Token> {
  const { saslTokenUrl, saslScope, saslUsername, saslPassword } = settings
  const credentials = Buffer.from(`${encodeURIComponent(saslUsername)}:${encodeURIComponent(saslPassword)}`).toString('base64')
  const response = await fetch(saslTokenUrl, {
    method: 'POST',
    headers: { authorization: `Basic ${credentials}`, accept: 'application/json' },
    body: new URLSearchParams({ grant_type: 'client_credentials', ...(saslScope ? { scope: saslScope } : {}) }),
    signal: AbortSignal.timeout(TOKEN_MS),
  })
  const text = await response.text()
  if (!response.ok) throw new Error(`KAFKA_SASL_TOKEN_URL answered HTTP ${response.status}: ${text.slice(0, 500)}`)
  const { access_token: value, expires_in: seconds } = JSON.parse(text) as { access_token?: unknown; expires_in?: unknown }
  if (typeof value !== 'string' || value === '') throw new Error('KAFKA_SASL_TOKEN_URL answered without an access_token')
  return { value, lifeMs: Math.min(Math.max(Number(seconds) || 60, 10), 86_400) * 1_000 }
}

/** A signed request of AWS in a token's place: made here, from the default credentials of AWS, without a request to anybody. */
async function mskToken({ saslAwsRegion, brokers }: KafkaSettings): Promise<Token> {
  const region = saslAwsRegion || brokers.map((broker) => MSK_REGION.exec(broker)?.[1]).find((found) => found !== undefined)
  if (!region) throw new Error("KAFKA_SASL_AWS_REGION is missing: the brokers' names do not tell the region")
  // Loaded where it is used: the SDK behind it costs every other service its start.
  const { generateAuthToken } = await import('aws-msk-iam-sasl-signer-js')
  const { token, expiryTime } = await generateAuthToken({ region })
  return { value: token, lifeMs: Math.max(10_000, expiryTime - Date.now()) }
}

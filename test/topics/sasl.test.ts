// How services log in to brokers by tokens.
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { describe, expect, onTestFinished, test } from 'vitest'
import { readSettings } from '../../services/platform/settings.ts'
import { kafkaFields } from '../../services/topics/fields.ts'
import { saslOptions } from '../../services/topics/sasl.ts'

const settings = (env: Record<string, string>) => readSettings(kafkaFields, { KAFKA_BROKERS: 'broker:9092', ...env })
type Bearer = { oauthBearerProvider: () => Promise<{ value: string }> }

/** An authorization server: one answer after the other, the last one for ever. */
async function authorizationServer(...answers: [status: number, body: string][]) {
  const asked: { authorization?: string; body: string }[] = []
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk as Buffer)
    asked.push({ authorization: request.headers.authorization, body: Buffer.concat(chunks).toString() })
    const [status, body] = answers[Math.min(asked.length, answers.length) - 1]
    response.writeHead(status, { 'content-type': 'application/json' }).end(body)
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => void server.close())
  return { asked, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/token` }
}

const oauth = (url: string) =>
  saslOptions(
    settings({
      KAFKA_SASL_MECHANISM: 'oauthbearer',
      KAFKA_SASL_USERNAME: 'client',
      KAFKA_SASL_PASSWORD: 'se cret',
      KAFKA_SASL_TOKEN_URL: url,
      KAFKA_SASL_SCOPE: 'kafka',
    }),
  )!

describe('oauthbearer', () => {
  test('asks with client credentials, once for all connections of both clients, until the token is nearly over', async () => {
    const { asked, url } = await authorizationServer([200, '{"access_token":"one","expires_in":3600}'])
    const { kafkajs, platformatic } = oauth(url)
    const provider = (kafkajs as unknown as Bearer).oauthBearerProvider
    const token = platformatic.token as () => Promise<string>
    expect(await Promise.all([provider(), provider(), token()])).toEqual([{ value: 'one' }, { value: 'one' }, 'one'])
    expect(asked).toEqual([
      {
        authorization: `Basic ${Buffer.from('client:se%20cret').toString('base64')}`,
        body: 'grant_type=client_credentials&scope=kafka',
      },
    ])
  })

  test('a refusal - is told in the words of the server, and asked again next time', async () => {
    const { url } = await authorizationServer([401, '{"error":"invalid_client"}'], [200, '{"access_token":"two"}'])
    const provider = (oauth(url).kafkajs as unknown as Bearer).oauthBearerProvider
    await expect(provider()).rejects.toThrow('KAFKA_SASL_TOKEN_URL answered HTTP 401: {"error":"invalid_client"}')
    expect(await provider()).toEqual({ value: 'two' })
  })
})

describe('aws-msk-iam', () => {
  test('without a region in setting or names of brokers - names the setting', async () => {
    const { kafkajs } = saslOptions(settings({ KAFKA_SASL_MECHANISM: 'aws-msk-iam' }))!
    await expect((kafkajs as unknown as Bearer).oauthBearerProvider()).rejects.toThrow('KAFKA_SASL_AWS_REGION is missing')
  })
})

describe('names and passwords', () => {
  test.each([
    ['plain', 'PLAIN'],
    ['scram-sha-512', 'SCRAM-SHA-512'],
  ])('%s - is told to both clients', (mechanism, other) => {
    const env = { KAFKA_SASL_MECHANISM: mechanism, KAFKA_SASL_USERNAME: 'ann', KAFKA_SASL_PASSWORD: 'pass' }
    const { kafkajs, platformatic } = saslOptions(settings(env))!
    expect([kafkajs, platformatic]).toMatchObject([
      { mechanism, username: 'ann', password: 'pass' },
      { mechanism: other, username: 'ann', password: 'pass' },
    ])
  })

  test('no mechanism - no login', () => {
    expect(saslOptions(settings({}))).toBeUndefined()
  })
})

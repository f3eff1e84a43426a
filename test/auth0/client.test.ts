// The client of the Management API against answers of every shape: each failure has its patience and says what it is.
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Auth0, openAuth0 } from '../../services/auth0/client.ts'
import type { Auth0Problem } from '../../services/auth0/problem.ts'

const signal = new AbortController().signal
const token = JSON.stringify({ access_token: 'x', token_type: 'Bearer', expires_in: 3_600 })
let answer: (response: ServerResponse) => void
let answerToken: (response: ServerResponse) => void
const server = createServer((request, response) => {
  request.resume()
  if (request.url === '/oauth/token') answerToken(response)
  else answer(response)
})
const well = (response: ServerResponse) => void response.writeHead(200, { 'content-type': 'application/json' }).end(token)

let auth0: Auth0
beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
})
afterAll(() => {
  server.closeAllConnections()
  server.close()
})

async function problemOf(call: (auth0: Auth0) => Promise<unknown>): Promise<Auth0Problem> {
  const { port } = server.address() as AddressInfo
  auth0 = await openAuth0({ domain: 'x.auth0.com', clientId: 'a', clientSecret: 'b', apiUrl: `http://127.0.0.1:${port}` })
  try {
    return { message: `answered ${JSON.stringify(await call(auth0))}` } as Auth0Problem
  } catch (error) {
    return error as Auth0Problem
  }
}
const page = (it: Auth0) => it.logs('900', 100, signal)

describe('what is no list', () => {
  test.each([
    ['an HTML page', 200, '<html>\n Scheduled   maintenance</html>', /no JSON list: <html> Scheduled maintenance/],
    ['an error object', 200, '{"error":"temporarily_unavailable"}', /no JSON list: \{"error":"temporarily_unavailable"\}/],
    ['a text', 200, '"[]"', /no JSON list/],
    ['a number', 200, '7', /no JSON list/],
    ['a list within an object', 200, '{"logs":[]}', /no JSON list/],
    ['a list that breaks off', 200, '[{"log_id":"1"},{', /no JSON list/],
    ['two lists', 200, '[][]', /no JSON list/],
    ['an empty body', 200, '', /an empty body/],
    ['another status', 203, '<p>cached</p>', /203/],
    ['no content', 204, '', /204/],
    ['not modified', 304, '', /304/],
  ])('%s - is away, in its own words, for every call that wants one', async (_, status, body, words) => {
    answerToken = well
    answer = (response) => void response.writeHead(status, { 'content-type': 'application/json' }).end(body)
    for (const call of [page, (it: Auth0) => it.oldest(signal), (it: Auth0) => it.httpStreams(signal)])
      expect(await problemOf(call)).toMatchObject({
        name: 'Auth0Problem',
        patience: 'away',
        message: expect.stringMatching(words),
      })
  })

  test('an endless answer - is cut and away', async () => {
    answer = (response) => {
      response.writeHead(200, { 'content-type': 'application/json' })
      const chunk = Buffer.alloc(1_000_000, 'x')
      const more = () => {
        while (!response.destroyed && response.write(chunk));
        if (!response.destroyed) response.once('drain', more)
      }
      more()
    }
    expect(await problemOf(page)).toMatchObject({ patience: 'away', message: expect.stringContaining('does not answer') })
  })

  test('a connection that is cut in the middle - is away', async () => {
    answer = (response) => {
      response.writeHead(200, { 'content-length': '100' }).write('[')
      setTimeout(() => response.destroy(), 20)
    }
    const problem = await problemOf(page)
    expect(problem).toMatchObject({ patience: 'away', message: expect.stringContaining('does not answer') })
    expect(problem.message).not.toContain('access_token')
  })

  test('an answer to the token call that is no token - is away, and not shown', async () => {
    answerToken = (response) => void response.writeHead(200, { 'content-type': 'application/json' }).end('{"access_tok":"secret"')
    const problem = await problemOf(page)
    expect(problem).toMatchObject({ patience: 'away' })
    expect(problem.message).not.toContain('secret')
  })
})

describe('429', () => {
  const soon = () => String(Math.ceil(Date.now() / 1_000) + 10)
  test.each([
    [{ 'retry-after': '7' }, 7_000, 7_000],
    [{ 'retry-after': new Date(Date.now() + 60_000).toUTCString() }, 50_000, 60_000],
    [{ 'retry-after': 'Fri, 31 Dec 9999 23:59:59 GMT' }, 900_000, 900_000],
    [{ 'retry-after': '1e9' }, 1_000, 1_000],
    [{ 'retry-after': new Date(0).toUTCString() }, 1_000, 1_000],
    [{}, 1_000, 1_000],
    [{ 'x-ratelimit-limit': '10', 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': soon() }, 5_000, 11_000],
    [{ 'x-ratelimit-limit': '10', 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': '99999999999' }, 900_000, 900_000],
  ])('%j - waits %i to %i ms', async (headers, least, most) => {
    const limit = (response: ServerResponse) =>
      void response.writeHead(429, headers as Record<string, string>).end('{"message":"Global limit"}')
    answerToken = well
    answer = limit
    const ofPage = await problemOf(page)
    answerToken = limit
    const ofToken = await problemOf(page)
    for (const { patience, afterMs } of [ofPage, ofToken]) {
      expect(patience).toBe('limited')
      expect(afterMs).toBeGreaterThanOrEqual(least)
      expect(afterMs).toBeLessThanOrEqual(most)
    }
  })
})

test.each([
  [400, '{"statusCode":400,"message":"The log event is not found."}', 'refused', /not found/],
  [400, '<h1>Bad Request</h1>', 'away', /Bad Request/],
  [
    403,
    '{"message":"Insufficient scope, expected any of: read:log_streams"}',
    'denied',
    /Grant the application the scope read:log_streams/,
  ],
  [403, '<h1>Forbidden</h1>', 'denied', /the scope read:logs/],
  [401, '{"message":"Invalid token"}', 'denied', /Check AUTH0_DOMAIN/],
  [404, '{"message":"Not Found"}', 'away', /404: Not Found/],
  [500, '{"message":{"a":1}}', 'away', /500/],
  [503, 'upstream connect error', 'away', /upstream connect error/],
])('%i %s - is %s', async (status, body, patience, words) => {
  answerToken = well
  answer = (response) => void response.writeHead(status).end(body)
  expect(await problemOf(page)).toMatchObject({ patience, message: expect.stringMatching(words) })
})

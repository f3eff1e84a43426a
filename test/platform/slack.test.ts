// Posting to Slack: the real package against the stand-in that keeps Slack's rate.
import { expect, test, type TestContext } from 'vitest'
import { createLogger } from '../../services/platform/logger.ts'
import { openSlack } from '../../services/platform/slack.ts'
import { slackMessage } from '../../services/platform/slack-message.ts'
import { type SlackOptions, start as startSlack } from '../../services/sandbox/slack/start.ts'
import { deserted, silent } from '../support/answering.ts'

const SECRET_PATH = '/services/T000/B000/very-secret'

/** @param it the test's own context: tests run beside each other */
async function start(it: TestContext, options: SlackOptions = {}) {
  const slack = await startSlack(options)
  it.onTestFinished(slack.close)
  return { slack, ...open(slack.origin) }
}

function open(origin: string) {
  const closing = new AbortController()
  const refused: string[] = []
  let posted = 0
  const poster = openSlack({
    url: `${origin}${SECRET_PATH}`,
    log: createLogger('test', 'silent'),
    signal: closing.signal,
    watch: { posted: () => posted++, refused: (reason) => refused.push(reason) },
  })
  return { poster, closing, refused, posted: () => posted }
}

const message = (text: string) => slackMessage('segment', 'Logs Export Error', text, [{ good: false, facts: [] }])
const LONG = 20_000

test.concurrent('Slack poster - one message a second, in order, none refused', async (it) => {
  const { slack, poster, refused } = await start(it, { burst: 1 })
  const began = performance.now()
  const posting = ['1', '2', '3'].map((text) => poster.post(message(text), LONG))
  expect(await Promise.all(posting)).toEqual([true, true, true])
  expect(performance.now() - began).toBeGreaterThan(1_950)
  const texts = slack.received.last().map(({ fields }) => fields?.text)
  expect(texts.toReversed()).toEqual(['1', '2', '3'])
  expect(refused).toEqual([])
})

test.concurrent('Slack poster - waits as long as Retry-After says, and no message is lost', async (it) => {
  const { slack, poster, refused } = await start(it)
  slack.misbehave({ fault: '429', retryAfter: 3, times: 1 })
  const began = performance.now()
  expect(await poster.post(message('one'), LONG)).toBe(true)
  expect(performance.now() - began).toBeGreaterThan(2_900)
  expect(refused).toEqual(['http_429'])
  expect(slack.received.total).toBe(1)
})

test.concurrent('Slack poster - goes on trying after failures and broken connections', async (it) => {
  const { slack, poster, refused, posted } = await start(it)
  slack.misbehave('503', 2)
  expect(await poster.post(message('one'), LONG)).toBe(true)
  slack.misbehave('reset', 1)
  expect(await poster.post(message('two'), LONG)).toBe(true)
  expect(refused.slice(0, 2)).toEqual(['http_503', 'http_503'])
  expect(refused[2]).toMatch(/econnreset|und_err_socket/)
  expect([slack.received.total, posted(), poster.trouble()]).toEqual([2, 2, undefined])
})

test.concurrent('Slack poster - gives a message back in time where Slack does not take it, and takes it again', async (it) => {
  const { slack, poster } = await start(it)
  slack.misbehave({ fault: '429', retryAfter: 2 })
  const kept = message('one')
  expect(await poster.post(kept, 500)).toBe(false)
  expect(poster.waitMs()).toBeGreaterThan(500)
  expect(poster.trouble()).toMatchObject({ reason: 'http_429', answer: 'rate_limited', attempts: 1 })
  slack.behave()
  expect(await poster.post(kept, LONG)).toBe(true)
  expect(slack.received.total).toBe(1)
})

test.concurrent('Slack poster - a message that Slack refuses as it is goes without its attachments', async (it) => {
  const { slack, poster } = await start(it)
  slack.misbehave({ fault: 'reject', marker: ({ fields }) => fields?.attachments !== undefined })
  expect(await poster.post(message('one'), LONG)).toBe(true)
  expect(slack.received.last()[0].fields).toEqual({
    username: 'auth0-logs-to-segment',
    icon_emoji: ':rocket:',
    text: 'Logs Export Error: one',
  })
})

test('Slack poster - nobody there: the reason is told, the address is not', async () => {
  const { poster, refused } = open((await deserted()).origin)
  expect(await poster.post(message('one'), 100)).toBe(false)
  expect(refused).toEqual(['econnrefused'])
  expect(JSON.stringify(poster.trouble())).not.toContain('very-secret')
})

test('Slack poster - a closing service waits for no answer', async () => {
  const { poster, closing } = open((await silent()).origin)
  const posting = poster.post(message('one'), LONG)
  await new Promise((resolve) => setTimeout(resolve, 100))
  const began = performance.now()
  closing.abort()
  expect(await posting).toBe(false)
  expect(performance.now() - began).toBeLessThan(3_000)
  expect(await poster.post(message('two'), LONG)).toBe(false)
})

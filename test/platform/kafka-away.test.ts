// Kafka away, said to Slack directly.
import { expect, test, type TestContext } from 'vitest'
import { duration, tellKafkaAway } from '../../services/platform/kafka-away.ts'
import { createLogger } from '../../services/platform/logger.ts'
import { openSlack } from '../../services/platform/slack.ts'
import { start as startSlack } from '../../services/sandbox/slack/start.ts'
import { until } from '../support/wait.ts'

/** @param it the test's own context: tests run beside each other */
async function start(it: TestContext, afterMs: number) {
  const stand = await startSlack()
  const closing = new AbortController()
  const slack = openSlack({ url: stand.origin, log: createLogger('test', 'silent'), signal: closing.signal })
  let why: string | undefined
  const telling = tellKafkaAway({ service: 'ingest', problem: () => why, slack, signal: closing.signal, afterMs })
  it.onTestFinished(async () => {
    closing.abort()
    await telling
    await stand.close()
  })
  const kafka = (problem?: string) => {
    why = problem
  }
  return {
    stand,
    kafka,
    texts: () =>
      stand.received
        .last()
        .map(({ fields }) => String(fields?.text))
        .toReversed(),
  }
}

test.concurrent('Kafka away - said once after its time, and once when it is back', async (it) => {
  const { stand, kafka, texts } = await start(it, 1_000)
  const began = Date.now()
  kafka('connect ECONNREFUSED')
  await until('the message', texts, ({ length }) => length === 1)
  expect(Date.now() - began).toBeGreaterThanOrEqual(1_000)
  expect(texts()[0]).toMatch(
    /^Kafka has not answered since 20\S+Z: webhooks are answered 503, Auth0 keeps the logs; nothing is lost\.$/,
  )
  expect(stand.received.last()[0].text).toContain('connect ECONNREFUSED')
  await new Promise((resolve) => setTimeout(resolve, 2_200))
  expect(texts()).toHaveLength(1)
  kafka()
  await until('the second', texts, ({ length }) => length === 2)
  expect(texts()[1]).toMatch(/^Kafka answers again after \d+ s/)
  expect(stand.received.last()[0].text).toContain('Logs Export Recovered')
})

test.concurrent('Kafka away - nothing is said of a short while, nor of another one after it', async (it) => {
  const { kafka, texts } = await start(it, 2_500)
  for (const _ of [1, 2]) {
    kafka('away')
    await new Promise((resolve) => setTimeout(resolve, 1_500))
    kafka()
    await new Promise((resolve) => setTimeout(resolve, 1_200))
  }
  expect(texts()).toEqual([])
})

test.concurrent('Kafka away - while Slack refuses, nothing is forgotten', async (it) => {
  const { stand, kafka, texts } = await start(it, 500)
  stand.misbehave('503', 1)
  kafka('away')
  await until('a refusal', () => stand.received.counts.faults, Boolean)
  kafka()
  await until('both', texts, ({ length }) => length === 2)
})

test.each([
  [400, '0 s'],
  [90_000, '90 s'],
  [600_000, '10 min'],
  [7_500_000, '2 h 5 min'],
  [200_000_000, '2 d 7 h'],
])('duration - %i ms is %s', (ms, text) => {
  expect(duration(ms)).toBe(text)
})

// What is known of Kafka between sends: its own words until it is met, and a look now and then while nobody sends.
import { expect, onTestFinished, test } from 'vitest'
import { followKafka } from '../../services/ingest/kafka-state.ts'
import { sleep } from '../../services/platform/lifecycle.ts'
import { createLogger } from '../../services/platform/logger.ts'
import { until } from '../support/wait.ts'

function open(kafka: { probe: () => Promise<unknown>; look: () => Promise<unknown> }) {
  const ending = new AbortController()
  onTestFinished(() => ending.abort())
  return followKafka({ ...kafka, log: createLogger('test', 'silent'), signal: ending.signal, quietMs: 40 })
}

test('until Kafka is met - its reason is in the problem', async () => {
  let answers = false
  const state = open({
    probe: async () => {
      if (!answers) throw new Error('Replication-factor is invalid')
    },
    look: async () => {},
  })
  expect(state.problem()).toBe('Kafka has not answered yet')
  await until('the reason', state.problem, (problem) => problem === 'Kafka has not answered yet (Replication-factor is invalid)')
  answers = true
  await until('Kafka', state.problem, (problem) => problem === undefined)
  expect(state.met()).toBe(true)
})

test('without traffic - an outage is noticed, and its end', async () => {
  let away = false
  const answer = async () => {
    if (away) throw new Error('connection refused')
  }
  const state = open({ probe: answer, look: answer })
  await until('Kafka', state.problem, (problem) => problem === undefined)
  away = true
  await until('the outage', state.problem, (problem) => problem === 'Kafka is away (connection refused)')
  expect(state.met()).toBe(true)
  away = false
  await until('its end', state.problem, (problem) => problem === undefined)
})

test('with traffic - acknowledgements are sign enough', async () => {
  let looks = 0
  const state = open({ probe: async () => {}, look: async () => void looks++ })
  await until('Kafka', state.problem, (problem) => problem === undefined)
  for (let i = 0; i < 10; i++) {
    state.acknowledged()
    await sleep(10)
  }
  expect(looks).toBe(0)
  await until(
    'a look',
    () => looks,
    (count) => count > 0,
  )
})

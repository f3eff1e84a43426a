// What a failure is told as.
import { describe, expect, it } from 'vitest'
import { asAnswer, isKafkaTrouble } from '../../services/console/guard.ts'
import { Refusal, WrongUse } from '../../services/operations/operation.ts'
import { KafkaAway } from '../../services/topics/produce.ts'

/** What kafkajs throws where a call finds its connection gone: a plain Error. */
async function plainFailure(): Promise<unknown> {
  type Broker = { metadata: (topics: string[]) => Promise<unknown> }
  const path: string = 'kafkajs/src/broker/index.js'
  const { default: Broker } = (await import(path)) as { default: new (options: object) => Broker }
  const connectionPool = { connectionTimeout: 1, host: '127.0.0.1', port: 1 }
  return new Broker({ connectionPool, logger: { namespace: () => ({}) } }).metadata(['topic']).catch((error: unknown) => error)
}

describe('failures', () => {
  it('Kafka - is named as the cause, by plain errors of its client too, by waits that ended, and behind causes', async () => {
    const plain = await plainFailure()
    expect([(plain as Error).name, (plain as Error).message]).toEqual(['Error', 'Broker not connected'])
    const named = Object.assign(new Error('no'), { name: 'KafkaJSConnectionError' })
    const waited = await new Promise<unknown>((resolve) => {
      const signal = AbortSignal.timeout(1)
      signal.addEventListener('abort', () => resolve(signal.reason))
    })
    for (const error of [plain, named, waited, new KafkaAway('no'), new Error('reading', { cause: plain })]) {
      expect(isKafkaTrouble(error)).toBe(true)
      expect(asAnswer(error)).toMatchObject({
        status: 503,
        error: 'kafka_away',
        message: expect.stringMatching(/^Kafka does not/),
      })
    }
  })

  it('others - have their own status; what nobody foresaw is told in general words, without a stack', () => {
    expect(asAnswer(new WrongUse('sink', 'is missing'))).toMatchObject({ status: 400, more: { field: 'sink' } })
    expect(asAnswer(new Refusal('no'))).toMatchObject({ status: 409, message: 'no' })
    for (const error of [new TypeError('x is undefined'), 'text', undefined, null, { status: 200 }, 7]) {
      expect(isKafkaTrouble(error)).toBe(false)
      expect(asAnswer(error)).toMatchObject({ status: 500, error: 'failed', message: expect.not.stringMatching(/undefined|at /) })
    }
  })
})

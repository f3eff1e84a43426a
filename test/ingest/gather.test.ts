// Many small bodies become few sends: with a send that ends when the test says so.
import { describe, expect, test } from 'vitest'
import { createGather } from '../../services/ingest/gather.ts'
import { KafkaAway, type OutRecord, Refused } from '../../services/topics/produce.ts'

const record = (key: string): OutRecord => ({ key: Buffer.from(key), value: null })
const [a, b, c, d] = ['a', 'b', 'c', 'd'].map(record)

/** A gather and the sends that it has begun. */
function begin() {
  const sends: { records: OutRecord[]; done: PromiseWithResolvers<void> }[] = []
  const gather = createGather((records) => {
    const done = Promise.withResolvers<void>()
    sends.push({ records, done })
    return done.promise
  })
  return { add: gather.add, sends }
}

/** Lets all that is due run. */
const turn = () => new Promise((resolve) => setTimeout(resolve, 2))

describe('gather', () => {
  test('sends - are one at a time; what arrives meanwhile is the next one, in order', async () => {
    const { add, sends } = begin()
    const answers = [add([a])]
    await turn()
    answers.push(add([b, c]), add([d]))
    await turn()
    expect(sends.map(({ records }) => records)).toEqual([[a]])
    sends[0].done.resolve()
    expect(await answers[0]).toEqual([])
    await turn()
    expect(sends.map(({ records }) => records)).toEqual([[a], [b, c, d]])
    sends[1].done.resolve()
    expect(await Promise.all(answers)).toEqual([[], [], []])
  })

  test('records refused for good - are answered to whom they belong', async () => {
    const { add, sends } = begin()
    const answers = Promise.all([add([a, b]), add([c]), add([d])])
    await turn()
    sends[0].done.reject(new Refused('MESSAGE_TOO_LARGE', [b, d]))
    expect(await answers).toEqual([[b], [], [d]])
  })

  test('Kafka away - is answered to those who wait behind the send too, at once; then it goes on', async () => {
    const { add, sends } = begin()
    const first = add([a])
    await turn()
    const answers = Promise.allSettled([first, add([b]), add([c])])
    const away = new KafkaAway('no acknowledgement')
    sends[0].done.reject(away)
    expect(await answers).toEqual([0, 1, 2].map(() => ({ status: 'rejected', reason: away })))
    expect(sends).toHaveLength(1)
    const next = add([d])
    await turn()
    sends[1].done.resolve()
    expect(await next).toEqual([])
    expect(sends[1].records).toEqual([d])
  })
})

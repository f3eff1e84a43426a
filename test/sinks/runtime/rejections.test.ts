// When rejections are not the fault of the events.
import { describe, expect, it } from 'vitest'
import { createRejections } from '../../../services/sinks/runtime/rejections.ts'

const reject = (rejections: ReturnType<typeof createRejections>, times: number) =>
  Array.from({ length: times }, () => {
    rejections.rejected()
    return rejections.tooMany()
  })

describe('rejections', () => {
  it('rejections - 20 in a row are bad events, the next one is not the events', () => {
    const rejections = createRejections()
    const answers = reject(rejections, 22)
    expect(answers.slice(0, 20)).toEqual(Array.from({ length: 20 }))
    expect(answers.slice(20)).toEqual([expect.stringMatching(/20 events in a row/), expect.stringMatching(/in a row/)])
  })

  it('rejections - one delivery ends the row', () => {
    const rejections = createRejections()
    reject(rejections, 20)
    rejections.delivered(1)
    expect(reject(rejections, 20)).toEqual(Array.from({ length: 20 }))
    expect(reject(rejections, 1)[0]).toMatch(/in a row/)
  })

  it('rejections - 5 % of the last 1,000 are bad events, one more is not the events', () => {
    const rejections = createRejections()
    for (let i = 0; i < 50; i++) {
      rejections.delivered(19)
      expect(reject(rejections, 1)[0]).toBeUndefined()
    }
    rejections.delivered(18)
    expect(reject(rejections, 1)[0]).toMatch(/5 % of the last 1000/)
  })

  it('rejections - what is more than 1,000 events ago is forgotten', () => {
    const rejections = createRejections()
    for (let i = 0; i < 5; i++) {
      expect(reject(rejections, 10)).toEqual(Array.from({ length: 10 }))
      rejections.delivered(1)
    }
    rejections.delivered(1_000_000)
    expect(reject(rejections, 20)).toEqual(Array.from({ length: 20 }))
  })

  it('rejections - an event that is taken after a hold ends it, and the past is forgotten', () => {
    const rejections = createRejections()
    reject(rejections, 60)
    rejections.delivered(0)
    expect(rejections.tooMany()).toMatch(/in a row/)
    rejections.delivered(1)
    expect([rejections.tooMany(), reject(rejections, 1)[0]]).toEqual([undefined, undefined])
  })
})

// The room that all bodies share: what fits, who is ended for whom, and that nothing stays reserved.
import { describe, expect, onTestFinished, test } from 'vitest'
import { createRoom, type Ended } from '../../services/ingest/room.ts'
import { sleep } from '../../services/platform/lifecycle.ts'

function open(limit: number) {
  const clock = { now: 0 }
  const room = createRoom(limit, () => clock.now)
  onTestFinished(room.close)
  const ended: [string, Ended][] = []
  const enter = (name: string, bytes = 0) => {
    const seat = room.enter((why) => ended.push([name, why]))
    return { seat, fits: seat.reserve(bytes) }
  }
  return { room, clock, ended, enter }
}

describe('reserving', () => {
  test('what fits is given, what does not is refused, and leaving makes room', () => {
    const { enter } = open(100)
    const first = enter('first', 60)
    expect([first.fits, enter('second', 40).fits, enter('third', 1).fits]).toEqual([true, true, false])
    first.seat.leave()
    expect(enter('fourth', 60).fits).toBe(true)
  })

  test('a body that is alone always fits, also as it grows; the next one does not', () => {
    const { enter } = open(100)
    const { seat, fits } = enter('large', 90)
    expect([fits, seat.reserve(1_000), enter('small', 1).fits]).toEqual([true, true, false])
  })

  test('received - is what came and was not answered yet, whatever was reserved', () => {
    const { room, enter } = open(1_000)
    const { seat } = enter('one', 500)
    seat.arrived(200)
    enter('two').seat.arrived(30)
    expect(room.received).toBe(230)
    seat.leave()
    seat.leave()
    expect(room.received).toBe(30)
  })
})

describe('a body that stalls', () => {
  test('is ended after a second where others need its room, the whole and the quick ones are not', () => {
    const { clock, ended, enter } = open(100)
    enter('stalled', 40)
    enter('whole', 30).seat.whole()
    const quick = enter('quick', 30).seat
    clock.now = 900
    expect([enter('early', 10).fits, ended]).toEqual([false, []])
    quick.arrived(20_000)
    clock.now = 1_500
    expect([enter('late', 10).fits, ended]).toEqual([true, [['stalled', 'no_room']]])
  })

  test('is ended by its rate where nobody needs the room', async () => {
    const { clock, ended, enter } = open(1_000_000)
    enter('stalled', 40)
    enter('steady', 40).seat.arrived(100_000)
    clock.now = 9_000
    await sleep(600)
    expect(ended).toEqual([])
    clock.now = 11_000
    await sleep(600)
    expect(ended).toEqual([['stalled', 'too_slow']])
  })

  test('has no room any more when it was ended', () => {
    const { clock, enter } = open(100)
    const { seat } = enter('stalled', 90)
    clock.now = 5_000
    expect(enter('other', 50).fits).toBe(true)
    expect(seat.reserve(1)).toBe(false)
  })
})

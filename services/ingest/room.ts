// How much of the senders' bytes is in memory at once. A body reserves room before its bytes come, and goes on reserving for what is
// made of them; where there is none it is refused with 503. A body that stalls must not hold the room that others wait for.

/** A body comes at least this fast, bytes a second, after its time of grace. */
const RATE = 8 * 1024
/** A sender may take this long to begin, and to hesitate; milliseconds. */
const GRACE_MS = 10_000
/** The same while others are refused for want of room. */
const PRESSED_GRACE_MS = 1_000
const LOOK_MS = 500

/** Why a body was ended before it was whole. */
export type Ended = 'no_room' | 'too_slow'

/** The place of one body, from its headers to its answer. */
export type Seat = {
  /** Room for so many bytes more; false where there is none. A body that is alone always gets it: its own limits bound it. */
  reserve: (bytes: number) => boolean
  /** Bytes that have come from the sender, or out of decompression. */
  arrived: (bytes: number) => void
  /** The sender has done its part: what takes time from now on is ours. */
  whole: () => void
  leave: () => void
}

export type Room = {
  /** @param end called at most once, and only before the body is whole: it came too slowly, or its room is needed */
  enter: (end: (why: Ended) => void) => Seat
  /** Bytes received and decompressed of all bodies that have no answer yet. */
  readonly received: number
  close: () => void
}

/** `place` in the list of guests, -1 when it has left. */
type Guest = { place: number; held: number; received: number; since: number; arriving: boolean; end: (why: Ended) => void }

/** @param limit bytes for all bodies together, INGEST_HIGH_WATER_BYTES. @param now monotonic, milliseconds */
export function createRoom(limit: number, now: () => number = () => performance.now()): Room {
  // A list whose last one takes a leaver's place: the tables that a busy Set leaves behind keep what was in them, requests and all,
  // until V8 collects the whole heap.
  const guests: Guest[] = []
  let held = 0
  let received = 0

  const leave = (guest: Guest) => {
    if (guest.place < 0) return
    const last = guests.pop() as Guest
    if (last !== guest) {
      guests[guest.place] = last
      last.place = guest.place
    }
    guest.place = -1
    held -= guest.held
    received -= guest.received
  }
  const isSlow = ({ arriving, received, since }: Guest, graceMs: number) =>
    arriving && received < ((now() - since - graceMs) * RATE) / 1000

  function endSlow(graceMs: number, why: Ended, enough: () => boolean): void {
    for (const guest of guests.slice()) {
      if (enough()) return
      if (guest.place < 0 || !isSlow(guest, graceMs)) continue
      leave(guest)
      guest.end(why)
    }
  }

  const timer = setInterval(() => endSlow(GRACE_MS, 'too_slow', () => false), LOOK_MS)
  timer.unref()

  return {
    enter(end) {
      const guest: Guest = { place: guests.length, held: 0, received: 0, since: now(), arriving: true, end }
      guests.push(guest)
      return {
        reserve(bytes) {
          if (guest.place < 0) return false
          const fits = () => held + bytes <= limit || held === guest.held
          if (!fits()) endSlow(PRESSED_GRACE_MS, 'no_room', fits)
          if (!fits() || guest.place < 0) return false
          guest.held += bytes
          held += bytes
          return true
        },
        arrived(bytes) {
          if (guest.place < 0) return
          guest.received += bytes
          received += bytes
        },
        whole: () => void (guest.arriving = false),
        leave: () => leave(guest),
      }
    },
    get received() {
      return received
    },
    close: () => clearInterval(timer),
  }
}

// The events that Live shows, as they come. What is on the page stays in its place while it is frozen: newer events wait.
import { useEffect, useRef, useState } from 'preact/hooks'
import { stream } from '../frame/api.js'
import { covered, readAgain, withoutRepeats } from './event-rows.js'

/** Rows on the page; older ones go. */
const MOST_ROWS = 300
/** What is kept while it is frozen. */
const MOST_WAITING = 300
const NOTHING = { rows: [], waiting: [], lost: 0, seen: 0 }

/**
 * @param {{ type: string, level: string, text: string, sink: string }} filter @param {boolean} frozen
 * @returns rows and waiting, newest first; `show` and `hide` for personal data, in place
 */
export function useLive(filter, frozen) {
  const [shown, setShown] = useState(NOTHING)
  const [state, setState] = useState('connecting')
  const [unmasked, setUnmasked] = useState(false)
  const isFrozen = useRef(frozen)
  isFrozen.current = frozen
  const query = new URLSearchParams(filter).toString()
  const queryBefore = useRef(query)
  const closeBefore = useRef(() => {})

  function take(events, leftOut, open) {
    const newest = events.toReversed().map((event) => ({ ...event, open }))
    setShown((now) => ({
      ...now,
      seen: now.seen + events.length,
      lost: now.lost + leftOut,
      ...(isFrozen.current
        ? { waiting: withoutRepeats([...newest, ...now.waiting]).slice(0, MOST_WAITING) }
        : { rows: withoutRepeats([...newest, ...now.rows]).slice(0, MOST_ROWS) }),
    }))
  }

  useEffect(() => {
    const sameFilter = queryBefore.current === query
    queryBefore.current = query
    // What waits was chosen by another filter; what somebody stopped to look at stays.
    if (!sameFilter) setShown((now) => (isFrozen.current ? { ...now, waiting: [] } : NOTHING))
    setState('connecting')
    // Nothing is missed while personal data begins to be shown: the masked stream ends when the other one has begun.
    const before = closeBefore.current
    if (!sameFilter || !unmasked) before()
    let isOver = false
    const close = stream(
      `/api/live?${query}&unmasked=${unmasked}`,
      {
        events: ({ events, left_out }) => isOver || take(events, left_out, unmasked),
        lost: ({ lines }) => setShown((now) => ({ ...now, lost: now.lost + lines })),
        following() {
          before()
          if (!isOver) setState('following')
        },
        away: () => isOver || setState('away'),
      },
      (open) => open || isOver || setState('connecting'),
    )
    closeBefore.current = () => {
      isOver = true
      close()
    }
  }, [query, unmasked])
  useEffect(() => () => closeBefore.current(), [])
  useEffect(() => {
    if (!frozen)
      setShown((now) => ({ ...now, rows: withoutRepeats([...now.waiting, ...now.rows]).slice(0, MOST_ROWS), waiting: [] }))
  }, [frozen])

  /** The rows on the page as they are read again; others may have come meanwhile. */
  async function exchange(unmask) {
    const fresh = await readAgain([...shown.rows, ...shown.waiting], unmask)
    setShown((now) => ({ ...now, rows: fresh(now.rows), waiting: fresh(now.waiting) }))
  }

  return {
    ...shown,
    state,
    unmasked,
    async show() {
      await exchange(true)
      setUnmasked(true)
    },
    hide() {
      closeBefore.current() // what is on its way would come uncovered
      setUnmasked(false)
      setShown((now) => ({ ...now, rows: covered(now.rows), waiting: covered(now.waiting) }))
      void exchange(false).catch(() => {})
    },
  }
}

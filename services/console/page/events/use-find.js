// A search through the topic, part by part, newest first: each answer brings what was found and where to go on.
import { useEffect, useRef, useState } from 'preact/hooks'
import { perform } from '../frame/api.js'
import { covered, readAgain, rowOf, withoutRepeats } from './event-rows.js'

/** Rows after which it waits to be told to go on. */
const MOST_AT_ONCE = 100
/** Of one part, seconds: the first is short, so that something is there soon. */
const PART_SECONDS = { first: 2, next: 8 }

const NOTHING = {
  rows: [],
  searched: 0,
  left: 0,
  backTo: '',
  since: '',
  rest: undefined,
  running: false,
  done: 0,
  failure: undefined,
}

/** @param {{ text: string, hours: string, type: string, level: string }} asked begins when it changes, with a text */
export function useFind(asked) {
  const [state, setState] = useState(NOTHING)
  const [unmasked, setUnmasked] = useState(false)
  const gone = useRef(new AbortController())
  const unmask = useRef(unmasked)
  unmask.current = unmasked

  async function search(from) {
    gone.current.abort()
    const own = (gone.current = new AbortController())
    const put = (change) => own.signal.aborted || setState((now) => ({ ...now, ...change }))
    put({ ...from, running: true, failure: undefined, done: 0 })
    const enough = from.rows.length + MOST_AT_ONCE
    let { rows, searched, rest } = from
    try {
      do {
        const limit = Math.max(1, enough - rows.length)
        const seconds = rest === undefined ? PART_SECONDS.first : PART_SECONDS.next
        const wasUnmasked = unmask.current
        const given = { ...asked, level: asked.level === '0' ? '' : asked.level, limit, seconds, rest, unmask: wasUnmasked }
        const found = await perform('find', given, ({ done }) => put({ done }), own.signal)
        if (own.signal.aborted) return
        rest = found.rest
        searched += found.searched
        rows = withoutRepeats([...rows, ...found.events.map((event) => ({ ...rowOf(event), open: wasUnmasked }))])
        put({ searched, rest, left: found.left, backTo: found.searchedBackTo, since: found.since, done: 0 })
        // Personal data may have been shown or hidden meanwhile: what is on the page stays as it is.
        setState((now) => (own.signal.aborted ? now : { ...now, rows: withoutRepeats([...now.rows, ...rows]) }))
      } while (rest !== '' && rows.length < enough)
      put({ running: false })
    } catch (failure) {
      put({ running: false, failure })
    }
  }

  useEffect(() => {
    if (asked.text) void search(NOTHING)
    else setState(NOTHING)
    return () => gone.current.abort()
  }, [asked.text, asked.hours, asked.type, asked.level])

  async function exchange(open) {
    const fresh = await readAgain(state.rows, open)
    setState((now) => ({ ...now, rows: fresh(now.rows) }))
  }
  return {
    ...state,
    unmasked,
    goOn: () => void search(state),
    again: () => void (asked.text && search(NOTHING)),
    cancel() {
      gone.current.abort()
      setState((now) => ({ ...now, running: false, done: 0 }))
    },
    async show() {
      await exchange(true)
      setUnmasked(true)
    },
    hide() {
      setUnmasked(false)
      setState((now) => ({ ...now, rows: covered(now.rows) }))
      void exchange(false).catch(() => {})
    },
  }
}

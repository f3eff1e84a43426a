// What all pages share: who is logged in, and what the services are doing now.
import { useEffect, useRef, useState } from 'preact/hooks'
import { Failure, get, stream } from './api.js'

/**
 * What the server tells as soon as it is known, by event of /api/updates.
 * @typedef {{ status: import('../../status-routes.ts').StatusTold, run: import('../../history.ts').IndexedRun, audit: import('../../../topics/records.ts').AuditRecord }} Told
 */

/**
 * `me`: undefined = not known yet, null = nobody. `status`: as GET /api/status. `connected`: the console answers.
 * @type {{ me?: { name: string, role: string } | null, status?: Told['status'], failure?: Error, connected: boolean }}
 */
let state = { connected: true }
const NOTHING_KNOWN =
  'So nothing is known of the services yet. Nothing is lost: this page fills itself as soon as Kafka answers. Check KAFKA_BROKERS, the brokers and the network to them.'
/** @param {Told['status']['kafka']} kafka */
const nothingKnown = ({ away }) =>
  away
    ? new Failure(503, 'kafka_away', NOTHING_KNOWN)
    : new Failure(500, 'failed', 'The status of the services could not be read. The console’s own log says why.')
const watchers = new Set()
const listeners = { run: new Set(), audit: new Set() }

/** @param {Partial<typeof state>} change */
export function set(change) {
  state = { ...state, ...change }
  for (const watch of watchers) watch(state)
}

export function useStore() {
  const [now, setNow] = useState(state)
  useEffect(() => {
    watchers.add(setNow)
    setNow(state)
    return () => void watchers.delete(setNow)
  }, [])
  return now
}

export const mayChange = () => state.me?.role === 'operator'

/**
 * Told of every new run or audit record.
 * @template {'run' | 'audit'} What
 * @param {What} what @param {(one: Told[What]) => void} listener @param {unknown[]} [inputs]
 */
export function useNews(what, listener, inputs = []) {
  useEffect(() => {
    listeners[what].add(listener)
    return () => void listeners[what].delete(listener)
  }, inputs)
}

let close = () => {}

/** Follows the services from now on. */
export function follow() {
  close()
  get('/api/status').then(
    (status) => set({ status, failure: undefined }),
    (failure) => set({ failure }),
  )
  close = stream('/api/updates', onUpdate, (connected) => set({ connected }))
}

/** @type {{ [Event in keyof Told]: (told: Told[Event]) => void }} */
const onUpdate = {
  status: (status) => (status.at !== '' ? set({ status, failure: undefined }) : set({ failure: nothingKnown(status.kafka) })),
  run: (run) => listeners.run.forEach((listener) => listener(run)),
  audit: (record) => listeners.audit.forEach((listener) => listener(record)),
}

export function forget() {
  close()
  set({ me: null, status: undefined })
}

/**
 * A value that comes from the server: `load` runs again when an input changes or `reload` is called. `news` is a text that says something
 * came since: then too, but after what is under way, which would never come where news come faster than it.
 */
export function useLoaded(load, inputs, news = '') {
  const [turn, setTurn] = useState(0)
  const loaded = useRef(news)
  const [state, setState] = useState({ data: undefined, failure: undefined, loading: true })
  useEffect(() => {
    const gone = new AbortController()
    loaded.current = news
    setState((before) => ({ ...before, loading: true }))
    load(gone.signal).then(
      (data) => gone.signal.aborted || setState({ data, failure: undefined, loading: false }),
      (failure) => gone.signal.aborted || setState((before) => ({ ...before, failure, loading: false })),
    )
    return () => gone.abort()
  }, [...inputs, turn])
  useEffect(() => {
    if (!state.loading && loaded.current !== news) setTurn((n) => n + 1)
  }, [news, state.loading])
  return { ...state, reload: () => setTurn((n) => n + 1) }
}

/** Draws again each second, for times that pass. */
export function useClock(everyMs = 1000) {
  const [, tick] = useState(0)
  useEffect(() => {
    const timer = setInterval(() => tick((n) => n + 1), everyMs)
    return () => clearInterval(timer)
  }, [everyMs])
}

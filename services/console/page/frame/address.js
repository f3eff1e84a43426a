// Where the page is, as the address after `#` says it: `#/services/segment/runs?filter=errors&page=2`. Everything that a colleague
// should see when the address is sent to him stands in it: page, part, filters.
import { useEffect, useMemo, useState } from 'preact/hooks'

/** Addresses of earlier versions, by their first part. */
const MOVED = { jobs: 'services', letters: 'dead-letters' }

/** As it is where it is no encoded text. */
function decoded(text) {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

/** @returns {{ path: string[], query: URLSearchParams }} of the address now */
export function addressNow() {
  const [path, query = ''] = location.hash.replace(/^#\/?/, '').split(/\?(.*)/s)
  const [first, ...rest] = path.split('/').map(decoded)
  // `#/live/<log_id>` and `#/jobs` alone were pages of their own.
  if (first === 'live' && rest[0]) return { path: ['explain', ...rest], query: new URLSearchParams(query) }
  const known = first === 'jobs' && !rest[0] ? 'overview' : Object.hasOwn(MOVED, first) ? MOVED[first] : first
  return { path: [known || 'overview', ...rest], query: new URLSearchParams(query) }
}

/** `href(['services', 'segment', 'runs'], { filter: 'errors' })`. Empty values are left out. @param {string[]} path */
export function href(path, query = {}) {
  const given = Object.entries(query).filter(([, value]) => value !== '' && value !== undefined && value !== null)
  const search = new URLSearchParams(given.map(([name, value]) => [name, String(value)])).toString()
  return `#/${path.map(encodeURIComponent).join('/')}${search ? `?${search}` : ''}`
}

/** @param {string[]} path */
export const go = (path, query = {}) => void (location.hash = href(path, query))

/** Draws again when the address changes. */
export function useAddress() {
  const [hash, setHash] = useState(location.hash)
  useEffect(() => {
    const take = () => setHash(location.hash)
    addEventListener('hashchange', take)
    take() // it may have changed between the drawing and now
    return () => removeEventListener('hashchange', take)
  }, [])
  return useMemo(addressNow, [hash])
}

/**
 * Values of the query by name, each with a fallback, and a way to change some of them: the address takes the place of the one before, so
 * that Back leaves the page and does not walk through every letter typed.
 * @template {Record<string, string>} T @param {T} fallbacks @returns {[T, (change: Partial<T>) => void]}
 */
export function useQuery(fallbacks) {
  const { query } = useAddress()
  const values = Object.fromEntries(Object.entries(fallbacks).map(([name, value]) => [name, query.get(name) ?? value]))
  const change = (changed) => {
    const { path, query: before } = addressNow()
    const next = { ...Object.fromEntries(before), ...changed }
    for (const [name, value] of Object.entries(next)) if (value === fallbacks[name]) delete next[name]
    history.replaceState(null, '', href(path, next))
    dispatchEvent(new HashChangeEvent('hashchange'))
  }
  return [values, change]
}

// What the filter as it is in the form would have left out of the newest events: told before it is saved.
import { useEffect, useState } from 'preact/hooks'
import { get } from '../frame/api.js'
import { count } from '../frame/format.js'
import { html } from '../frame/html.js'
import { Notice } from '../frame/parts.js'
import { Time } from '../frame/time.js'

/** @param {{ level: string, types: string, mode: string, changed: boolean }} props the values that would count */
export function FilterEffect({ level, types, mode, changed }) {
  const [told, setTold] = useState()
  useEffect(() => {
    const gone = new AbortController()
    const query = new URLSearchParams({ level, types, mode })
    const timer = setTimeout(
      () =>
        get(`/api/filter-effect?${query}`, gone.signal).then(
          (effect) => gone.signal.aborted || setTold(effect),
          () => gone.signal.aborted || setTold(undefined),
        ),
      300,
    )
    return () => {
      clearTimeout(timer)
      gone.abort()
    }
  }, [level, types, mode])
  if (!told || told.looked === 0)
    return html`<p class="quiet" role="status">${told ? 'The topic holds no event that the filter could be tried on.' : ''}</p>`
  const { looked, leftOut, since } = told
  const part = leftOut === 0 ? 'none' : `${count(leftOut)} (${percent(leftOut / looked)})`
  const words = html`${changed ? 'This filter would have' : 'This filter has'} left out <strong>${part}</strong> of the last ${count(looked)} events <span class="quiet">since <${Time} at=${since} /></span>`
  return leftOut === looked
    ? html`<${Notice} tone="warn" title="Nothing would be delivered">${words}: every one of them.<//>`
    : html`<p role="status">${words}.</p>`
}

/** Neither 0 % nor 100 % where it is not that. @param {number} part */
const percent = (part) => (part === 1 ? '100 %' : `${Math.min(99, Math.max(1, Math.round(part * 100)))} %`)

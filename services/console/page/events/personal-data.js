// The switch that shows personal data, for operators: what it means is said first, and that somebody looked is on record.
import { useState } from 'preact/hooks'
import { html } from '../frame/html.js'
import { Confirm, Notice } from '../frame/parts.js'
import { mayChange } from '../frame/store.js'

/** @param {{ shown: boolean, show: () => Promise<unknown>, hide: () => void }} props */
export function PersonalDataSwitch({ shown, show, hide }) {
  const [asking, setAsking] = useState(false)
  if (!mayChange()) return null
  return html`<label class="check"><input type="checkbox" checked=${shown} onClick=${(event) => {
    event.preventDefault()
    if (shown) hide()
    else setAsking(true)
  }} /> Show personal data</label>
  ${
    asking &&
    html`<${Confirm} title="Show personal data?" confirm="Show" onClose=${() => setAsking(false)} act=${show}>
      <p>Names, addresses and ids of your users are shown on this page. That you looked is put on record.</p>
    <//>`
  }`
}

export const PersonalDataNotice = () =>
  html`<${Notice} tone="warn" title="Personal data is shown">That you looked is on the audit page.<//>`

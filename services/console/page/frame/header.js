// The bar on top of every page: where one can go, how fresh the numbers are, in which zone times are shown, who is logged in. The
// browser's tab says the same in short: its title counts what needs a person, its icon is red then.
import { useEffect } from 'preact/hooks'
import { post } from './api.js'
import { html } from './html.js'
import { needsPerson, waitingLetters } from './names.js'
import { forget, useClock, useStore } from './store.js'
import { ago, ZoneSwitch } from './time.js'

export function Header({ pages, current }) {
  const { me, status, connected } = useStore()
  const logout = async () => {
    await post('/api/logout').catch(() => {})
    forget()
  }
  const letters = (status?.services ?? []).reduce((sum, service) => sum + waitingLetters(service), 0)
  return html`<header class="top">
    <a class="brand" href="#/overview"><img src="/icon.svg" width="20" height="20" alt="" /> Auth0 logs</a>
    <nav aria-label="Pages">
      ${pages.map(
        ([key, text]) =>
          html`<a key=${key} href=${`#/${key}`} aria-current=${key === current ? 'page' : undefined}>${text}${key === 'dead-letters' && letters > 0 ? html` <span class="tag bad">${letters.toLocaleString('en')}</span>` : ''}</a>`,
      )}
    </nav>
    <span class="who"><${Fresh} at=${status?.at} stale=${!connected || status?.kafka.away} /><${ZoneSwitch} />
      <span><span title=${`Role: ${me.role}`}>${me.name}</span> <button class="link" onClick=${logout}>Log out</button></span></span>
  </header>`
}

/** How old the numbers are. */
function Fresh({ at, stale }) {
  useClock()
  if (!at) return null
  return html`<span class=${`fresh ${stale ? 'warn' : 'good'}`} title="When the numbers of this page were read from Kafka"><span aria-hidden="true">●</span> ${ago(Date.parse(at))}</span>`
}

/** @param {string} page */
export function useTitle(page) {
  const { me, status } = useStore()
  const troubles = (status?.services ?? []).filter(needsPerson).length
  useEffect(() => {
    document.title = me ? `${troubles > 0 ? `(${troubles}) ` : ''}${page} · Auth0 logs` : 'Log in · Auth0 logs'
    const icon = document.querySelector('link[rel="icon"]')
    icon.href = me && troubles > 0 ? '/icon-trouble.svg' : '/icon.svg'
  }, [page, me, troubles])
}

// The page: login, the frame around every page, and one page at a time by the address.
import { render } from 'preact'
import { useEffect, useRef } from 'preact/hooks'
import { useAddress } from './frame/address.js'
import { get } from './frame/api.js'
import { Header, useTitle } from './frame/header.js'
import { html } from './frame/html.js'
import { lazy } from './frame/lazy.js'
import { Notice } from './frame/parts.js'
import { follow, forget, set, useStore } from './frame/store.js'
import { Time } from './frame/time.js'
import { Login } from './login/login.js'
import { Overview } from './overview/overview.js'

/** By the first part of the address; each gets the rest of it. In the order of the navigation; without a text it is not in there. The
 * overview is what most come for; the others are loaded when they are opened. */
const PAGES = {
  overview: ['Overview', Overview],
  live: ['Live', lazy(async () => (await import('./events/live.js')).Live)],
  find: ['Find', lazy(async () => (await import('./events/find.js')).Find)],
  explain: ['Explain', lazy(async () => (await import('./events/explain.js')).Explain)],
  replay: ['Replay', lazy(async () => (await import('./replay/replay.js')).Replay)],
  backfill: ['Backfill', lazy(async () => (await import('./replay/backfill.js')).Backfill)],
  'dead-letters': ['Dead letters', lazy(async () => (await import('./dead-letters/dead-letters.js')).DeadLetters)],
  proofs: ['Proofs', lazy(async () => (await import('./proofs/proofs.js')).Proofs)],
  audit: ['Audit', lazy(async () => (await import('./audit/audit.js')).Audit)],
  services: ['', lazy(async () => (await import('./service/service.js')).Service)],
}
const NAVIGATION = Object.entries(PAGES).flatMap(([key, [text]]) => (text ? [[key, text]] : []))

/** What concerns every page: the console or Kafka is away. */
function Troubles({ connected, status }) {
  if (!connected) {
    return html`<${Notice} tone="warn" title="The console does not answer">
      What you see is as it was. The services go on without the console; this page comes back by itself.
    <//>`
  }
  if (!status?.kafka.away) return null
  return html`<${Notice} tone="warn" title="Kafka does not answer">
    Since <${Time} at=${status.kafka.since} />. The numbers in grey are from <${Time} at=${status.at} />. Nothing is lost: the ingest answers Auth0
    with 503 and Auth0 sends again; the sinks go on where they were. Check the brokers and the network to them.
  <//>`
}

/**
 * Whoever comes to a page by keyboard or hears it read begins at its beginning: at the field that it is for, or at its heading. Parts and
 * filters of a page leave the focus where it is.
 */
function useFocus(page) {
  const before = useRef(page)
  useEffect(() => {
    if (page === before.current || page === '') return
    const isFirst = before.current === ''
    before.current = page
    if (isFirst || document.querySelector('dialog[open]')) return
    const main = document.getElementById('main')
    const focus = () => {
      const first = main.querySelector('[autofocus]') ?? main.querySelector('h1')
      if (first?.matches('h1')) first.tabIndex = -1
      first?.focus({ preventScroll: true })
      return first !== null
    }
    // A page that is loaded with its first visit is drawn later.
    const drawn = new MutationObserver(() => focus() && drawn.disconnect())
    if (!focus()) drawn.observe(main, { childList: true, subtree: true })
    scrollTo(0, 0)
    return () => drawn.disconnect()
  }, [page])
}

function App() {
  const { me, status, connected } = useStore()
  const { path } = useAddress()
  const [key, ...rest] = Object.hasOwn(PAGES, path[0]) ? path : ['nowhere', ...path]
  const [text, Page] = PAGES[key] ?? ['Not found', Nowhere]
  const main = useRef(null)

  useEffect(() => {
    get('/api/me').then(
      (found) => set({ me: found }),
      (failure) => set({ me: failure.status === 401 ? null : undefined, failure }),
    )
    const gone = () => forget()
    addEventListener('login-needed', gone)
    return () => removeEventListener('login-needed', gone)
  }, [])
  useEffect(() => {
    if (me) follow()
  }, [me?.name])
  useTitle(text || rest[0] || 'Overview')
  useFocus(me ? (key === 'services' ? path.slice(0, 2).join('/') : path[0]) : '')

  if (me === undefined) return html`<${Starting} />`
  if (me === null) return html`<${Login} />`
  return html`
    <a class="skip" href="#main" onClick=${(event) => {
      event.preventDefault()
      main.current.focus()
    }}>Skip to the page</a>
    <${Header} pages=${NAVIGATION} current=${key} />
    <main id="main" ref=${main} tabIndex="-1" class=${!connected || status?.kafka.away ? 'stale' : ''}>
      <${Troubles} connected=${connected} status=${status} />
      <${Page} key=${key} rest=${rest} />
    </main>
  `
}

const Nowhere = ({ rest }) => html`<h1>Not found</h1>
  <p class="empty">There is no page <code>${rest.join('/')}</code>. <a href="#/overview">To the overview</a></p>`

function Starting() {
  const { failure } = useStore()
  if (!failure) return html`<p class="empty" role="status">Loading…</p>`
  return html`<main><${Notice} tone="bad" title="The console does not answer" action=${html`<button onClick=${() => location.reload()}>Try again</button>`}>${failure.message}<//></main>`
}

render(html`<${App} />`, document.getElementById('app'))

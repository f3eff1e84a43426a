// The page: login, navigation, and one page at a time by the address after `#`.
import { render } from 'preact'
import { useEffect, useRef, useState } from 'preact/hooks'
import { get, post } from './api.js'
import { Audit } from './audit.js'
import { html } from './html.js'
import { Job } from './job.js'
import { Jobs } from './jobs.js'
import { Letters } from './letters.js'
import { Live } from './live.js'
import { Login } from './login.js'
import { Notice, Time } from './parts.js'
import { Replay } from './replay.js'
import { follow, forget, set, useStore } from './store.js'

const PAGES = [
  ['jobs', 'Jobs', Jobs],
  ['live', 'Live', Live],
  ['replay', 'Replay', Replay],
  ['letters', 'Dead letters', Letters],
  ['audit', 'Audit', Audit],
]

/** `#/jobs/segment` → ['jobs', 'segment'] */
const route = () => location.hash.replace(/^#\/?/, '').split('/').map(decoded)

/** As it is where it is no encoded text. */
function decoded(text) {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

function useRoute() {
  const [now, setNow] = useState(route)
  useEffect(() => {
    const changed = () => setNow(route())
    addEventListener('hashchange', changed)
    return () => removeEventListener('hashchange', changed)
  }, [])
  return now
}

function Header({ me, current }) {
  const logout = async () => {
    await post('/api/logout').catch(() => {})
    forget()
  }
  return html`<header class="top">
    <a class="brand" href="#/jobs"><img src="/icon.svg" width="20" height="20" alt="" /> Auth0 logs</a>
    <nav aria-label="Pages">
      ${PAGES.map(([key, text]) => html`<a key=${key} href=${`#/${key}`} aria-current=${key === current ? 'page' : undefined}>${text}</a>`)}
    </nav>
    <span class="who">${me.name} <span class="quiet">${me.role}</span> <button class="link" onClick=${logout}>Log out</button></span>
  </header>`
}

/** What concerns every page: the console or Kafka is away. */
function Troubles({ connected, status }) {
  if (!connected) {
    return html`<${Notice} tone="warn" title="The console does not answer">
      What you see is as it was. The services go on without the console; this page comes back by itself.
    <//>`
  }
  if (!status?.kafka.away) return null
  return html`<${Notice} tone="warn" title="Kafka does not answer">
    Since <${Time} at=${status.kafka.since} />. What you see is from <${Time} at=${status.at} />. Nothing is lost: the ingest answers Auth0
    with 503 and Auth0 sends again; the sinks go on where they were. Check the brokers and the network to them.
  <//>`
}

function App() {
  const { me, status, connected } = useStore()
  const [first, ...rest] = useRoute()
  const [key, title, Page] = PAGES.find(([name]) => name === first) ?? PAGES[0]
  const inJob = key === 'jobs' && rest[0]
  const main = useRef(null)
  const heading = inJob ? rest[0] : title

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
  useEffect(() => {
    document.title = me ? `${heading} · Auth0 logs` : 'Log in · Auth0 logs'
  }, [heading, me])

  if (me === undefined) return html`<${Starting} />`
  if (me === null) return html`<${Login} />`
  return html`
    <a class="skip" href="#main" onClick=${(event) => {
      event.preventDefault()
      main.current.focus()
    }}>Skip to the page</a>
    <${Header} me=${me} current=${key} />
    <main id="main" ref=${main} tabIndex="-1">
      <${Troubles} connected=${connected} status=${status} />
      ${inJob ? html`<${Job} key=${rest[0]} name=${rest[0]} />` : html`<${Page} key=${key} rest=${rest} />`}
    </main>
  `
}

function Starting() {
  const { failure } = useStore()
  if (!failure) return html`<p class="empty" role="status">Loading…</p>`
  return html`<main><${Notice} tone="bad" title="The console does not answer" action=${html`<button onClick=${() => location.reload()}>Try again</button>`}>${failure.message}<//></main>`
}

render(html`<${App} />`, document.getElementById('app'))

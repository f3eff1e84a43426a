// What every page is made of.
import { useEffect, useRef, useState } from 'preact/hooks'
import { html } from './html.js'

const MARKS = {
  success: ['good', '✓', 'Success'],
  idle: ['calm', '·', 'Nothing to do'],
  running: ['calm', '▸', 'Running'],
  recovered: ['good', '↻', 'Recovered'],
  failed: ['bad', '✕', 'Failed'],
  held: ['bad', '■', 'On hold'],
  paused: ['warn', '‖', 'Paused'],
  stopped: ['warn', '■', 'Stopped'],
  done: ['good', '✓', 'Done'],
  wanted: ['calm', '·', 'Waiting'],
  cancelled: ['warn', '–', 'Cancelled'],
}

/** A state in a word with a sign: colour is never all there is. */
export function Mark({ state, text }) {
  const [tone, sign, word] = MARKS[state] ?? ['calm', '·', state]
  return html`<span class=${`mark ${tone}`}><span aria-hidden="true">${sign}</span> ${text ?? word}</span>`
}

/** @param {{ tone?: 'bad' | 'warn' | 'calm' | 'good', title: string, children?: unknown, action?: unknown }} props */
export function Notice({ tone = 'calm', title, children, action }) {
  return html`<div class=${`notice ${tone}`} role=${tone === 'bad' ? 'alert' : 'status'}>
    <div><strong>${title}</strong>${children && html`<div>${children}</div>`}</div>
    ${action}
  </div>`
}

/** A failure of the server, with a way to try again. */
export function Failed({ failure, again }) {
  const away = failure.code === 'kafka_away'
  return html`<${Notice} tone=${away ? 'warn' : 'bad'} title=${away ? 'Kafka does not answer' : 'This could not be loaded'}
    action=${again && html`<button onClick=${again}>Try again</button>`}>${failure.message}<//>`
}

/** Loading, failed, empty or the thing itself. */
export function Loaded({ of, empty, isEmpty = (data) => data.length === 0, children }) {
  if (of.data === undefined)
    return of.failure ? html`<${Failed} failure=${of.failure} again=${of.reload} />` : html`<${Loading} />`
  const problem = of.failure && html`<${Failed} failure=${of.failure} again=${of.reload} />`
  return html`${problem}${isEmpty(of.data) ? html`<p class="empty">${empty}</p>` : children(of.data)}`
}

export const Loading = () => html`<p class="empty" role="status">Loading…</p>`

/** What opened the newest dialog, which may have been another dialog's button. */
let opener = null

/** Notes what has the focus now, unless it is in a dialog that the new one takes the place of. */
function noteOpener() {
  const active = document.activeElement
  if (active && active !== document.body && !active.closest('dialog')) opener = active
}

/** The focus goes back once the page is drawn without the dialog, unless another one has opened in its place. */
function returnFocus() {
  if (document.querySelector('dialog[open]')) return
  const back = opener?.isConnected ? opener : document.getElementById('main')
  back?.focus({ preventScroll: true })
}

/** A dialog: focus stays in it and goes back to what opened it, Escape closes it. */
export function Dialog({ title, onClose, children, wide }) {
  const ref = useRef(null)
  useEffect(() => {
    const dialog = ref.current
    noteOpener()
    dialog.showModal()
    return () => {
      dialog.close()
      setTimeout(returnFocus)
    }
  }, [])
  return html`<dialog ref=${ref} class=${wide ? 'wide' : ''} aria-labelledby="dialog-title" onCancel=${(event) => {
    event.preventDefault()
    onClose()
  }} onClick=${(event) => event.target === ref.current && onClose()}>
    <div class="dialog-body"><h2 id="dialog-title">${title}</h2>${children}</div>
  </dialog>`
}

/**
 * Says what will happen, and does it when told so; closes then unless it is to stay.
 * @param {{ title: string, confirm: string, danger?: boolean, stay?: boolean, onClose: () => void, act: (progress: (p: object) => void) => Promise<unknown>, children: unknown }} props
 */
export function Confirm({ title, confirm, danger, stay, onClose, act, children }) {
  const work = useWork()
  const go = () =>
    work.run(async (progress) => {
      await act(progress)
      if (!stay) onClose()
    })
  return html`<${Dialog} title=${title} onClose=${() => work.busy || onClose()}>
    ${children}
    <${Outcome} of=${work} />
    <div class="actions">
      <button class=${danger ? 'danger' : 'primary'} disabled=${work.busy} onClick=${go}>${work.busy ? 'Working…' : confirm}</button>
      <button onClick=${onClose} disabled=${work.busy} autofocus>Cancel</button>
    </div>
  <//>`
}

/** One piece of work at a time, its progress and its failure. */
export function useWork() {
  const [state, setState] = useState({ busy: false, failure: undefined, progress: undefined })
  const alive = useRef(true)
  useEffect(() => () => void (alive.current = false), [])
  const put = (change) => alive.current && setState((before) => ({ ...before, ...change }))
  return {
    ...state,
    /** @param {(progress: (p: object) => void) => Promise<unknown>} work */
    async run(work) {
      put({ busy: true, failure: undefined, progress: undefined })
      try {
        const result = await work((progress) => put({ progress }))
        put({ busy: false, progress: undefined })
        return result
      } catch (failure) {
        put({ busy: false, failure, progress: undefined })
        return undefined
      }
    },
    clear: () => put({ failure: undefined }),
  }
}

/** How far work is, or why it failed. */
export function Outcome({ of: { progress, failure } }) {
  if (progress) {
    return html`<div class="progress" role="status">
      <progress value=${progress.done} max=${progress.total || 1} aria-label=${progress.what}></progress> <span>${progress.what}</span>
    </div>`
  }
  if (!failure) return null
  const title = failure.code === 'kafka_away' ? 'Kafka does not answer' : failure.status === 409 ? 'Not done' : 'This failed'
  return html`<${Notice} tone="bad" title=${title}>${failure.message}<//>`
}

/** A command to type, and a button that copies it. @param {{ text: string }} props */
export function Command({ text }) {
  const [copied, setCopied] = useState(false)
  const copy = async () => {
    setCopied(await copyText(text))
    setTimeout(() => setCopied(false), 2_000)
  }
  return html`<span class="command"><code>${text}</code><button type="button" onClick=${copy} aria-label=${`Copy ${text}`}>${copied ? 'Copied' : 'Copy'}</button></span>`
}

/** The clipboard is there only over https and on this machine; elsewhere a selection can be copied. @param {string} text */
async function copyText(text) {
  try {
    await navigator.clipboard.writeText(text)
    return true
  } catch {
    const field = Object.assign(document.createElement('textarea'), { value: text })
    document.body.append(field)
    field.select()
    const done = document.execCommand('copy')
    field.remove()
    return done
  }
}

/** A line of the past without axes: what it says is in its label. @param {{ values: number[], label: string }} props */
export function Spark({ values, label }) {
  if (values.length < 2) return html`<svg class="spark" role="img" aria-label=${label}></svg>`
  const most = Math.max(...values, 1)
  const points = values.map(
    (value, i) => `${((i / (values.length - 1)) * 96 + 2).toFixed(1)},${(22 - (value / most) * 20).toFixed(1)}`,
  )
  return html`<svg class="spark" viewBox="0 0 100 24" preserveAspectRatio="none" role="img" aria-label=${label}>
    <polyline points=${points.join(' ')} vector-effect="non-scaling-stroke" />
  </svg>`
}

/** @param {{ page: number, perPage: number, total: number, go: (page: number) => void, what: string }} props */
export function Pages({ page, perPage, total, go, what }) {
  const last = Math.max(1, Math.ceil(total / perPage))
  const from = total === 0 ? 0 : (page - 1) * perPage + 1
  return html`<nav class="pages" aria-label=${`Pages of ${what}`}>
    <button onClick=${() => go(1)} disabled=${page <= 1} aria-label="First page">«</button>
    <button onClick=${() => go(page - 1)} disabled=${page <= 1}>Newer</button>
    <span class="num" role="status">${from.toLocaleString('en')}–${Math.min(page * perPage, total).toLocaleString('en')} of ${total.toLocaleString('en')}</span>
    <button onClick=${() => go(page + 1)} disabled=${page >= last}>Older</button>
  </nav>`
}

/** Texts to choose one of, as buttons. @param {{ label: string, options: [value: string, text: string][], value: string, onChange: (value: string) => void }} props */
export function Choice({ label, options, value, onChange }) {
  return html`<div class="choice" role="group" aria-label=${label}>
    ${options.map(([key, text]) => html`<button key=${key} type="button" aria-pressed=${key === value} onClick=${() => onChange(key)}>${text}</button>`)}
  </div>`
}

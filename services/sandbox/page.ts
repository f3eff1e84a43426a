// The sandbox's page: plain HTML, counts and the newest events of each stand-in. Reloads itself, runs no script.
import type { ReceivedEvent } from './received.ts'
import type { StandIn } from './stand-in.ts'

const RELOAD_SECONDS = 3
const TEXT_SHOWN = 400

const style = `
:root { color-scheme: light dark; font: 15px/1.5 system-ui, sans-serif; }
body { max-width: 70rem; margin: 0 auto; padding: 1rem; }
h2 { margin: 2rem 0 0; }
p { margin: .3rem 0; overflow-wrap: anywhere; }
table { width: 100%; border-collapse: collapse; table-layout: fixed; font: 12px/1.5 ui-monospace, monospace; }
th, td { text-align: left; vertical-align: top; padding: .3rem .6rem .3rem 0; border-top: 1px solid #8886; overflow-wrap: anywhere; }
th:nth-child(1) { width: 12rem; } th:nth-child(2) { width: 30%; }
.fault { color: light-dark(#b00020, #ff8a80); font-weight: 600; }
@media (max-width: 40rem) { th:nth-child(1) { width: 30%; } }`

/** @param limit events shown of each stand-in */
export function page(standIns: readonly StandIn[], limit: number): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="refresh" content="${RELOAD_SECONDS}">
<title>Sandbox</title>
<style>${style}</style>
</head>
<body>
<h1>Sandbox</h1>
<p>Stand-ins for the vendors on this machine. Nothing here has left it.</p>
${standIns.map((standIn) => section(standIn, limit)).join('\n')}
</body>
</html>
`
}

function section({ name, origin, received, fault, note, actions }: StandIn, limit: number): string {
  const counts = Object.entries(received.counts).map(
    ([what, count]) => `${what.replaceAll('_', ' ')} ${count.toLocaleString('en')}`,
  )
  const facts = [`${received.total.toLocaleString('en')} events`, `${received.requests.toLocaleString('en')} requests`, ...counts]
  const events = received.last(limit)
  return `<section aria-labelledby="${name}">
<h2 id="${name}">${escaped(name)}</h2>
<p>${escaped(origin)}</p>
${note ? `<p>${escaped(note())}</p>` : ''}
${actions ? `<p>${escaped(`POST /control/${name}/… ${Object.keys(actions).join(', ')}`)}</p>` : ''}
<p><strong>${escaped(facts.join(' · '))}</strong></p>
${fault ? `<p class="fault">Misbehaving: ${escaped(JSON.stringify(fault))}</p>` : ''}
${events.length > 0 ? table(events) : '<p>Nothing received yet.</p>'}
</section>`
}

function table(events: readonly ReceivedEvent[]): string {
  const rows = events.map(({ id, time, text }) => {
    const when = Number.isNaN(time) ? '' : new Date(time).toISOString()
    const shown = text.length > TEXT_SHOWN ? `${text.slice(0, TEXT_SHOWN)}…` : text
    return `<tr><td>${when}</td><td>${escaped(id)}</td><td>${escaped(shown)}</td></tr>`
  })
  return `<table><thead><tr><th scope="col">time</th><th scope="col">id</th><th scope="col">text</th></tr></thead>
<tbody>
${rows.join('\n')}
</tbody></table>`
}

const escapes: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' }
const escaped = (text: string) => text.replace(/[&<>"']/g, (character) => escapes[character])

// The past of a service: throughput, what waits, and how long a delivery takes, over an hour, a day or a week. Values can be read under
// the pointer, and with the arrow keys. uPlot is loaded when the first chart is drawn.
import { useEffect, useRef, useState } from 'preact/hooks'
import { useQuery } from '../frame/address.js'
import { get } from '../frame/api.js'
import { count, rate } from '../frame/format.js'
import { html } from '../frame/html.js'
import { Choice } from '../frame/parts.js'
import { moment, useZone } from '../frame/time.js'
import { drawChart } from './draw-chart.js'

/** By the name in the address: hours, and how often they are asked for. */
const RANGES = { '1h': [1, 15_000], '24h': [24, 60_000], '7d': [168, 300_000] }

const milliseconds = (value) => (value === null || value === undefined ? '–' : `${count(value)} ms`)

/** By the kind of service: the charts, each with its lines. The first line is drawn solid, the second dashed. */
const CHARTS = {
  sink: [
    {
      title: 'Throughput',
      unit: 'events/s',
      text: rate,
      lines: [
        ['out', 'out'],
        ['in', 'in'],
      ],
      marks: true,
    },
    { title: 'Waiting', unit: 'events', text: count, lines: [['waiting', 'waiting']] },
    { title: 'Mean time of a delivery', unit: 'ms', text: milliseconds, lines: [['deliveryMs', 'mean']], points: true },
  ],
  backfill: [{ title: 'Published', unit: 'events/s', text: rate, lines: [['out', 'published']], marks: true }],
  ingest: [{ title: 'Received', unit: 'events/s', text: rate, lines: [['out', 'received']], marks: true }],
}

export const hasCharts = ({ kind }) => Object.hasOwn(CHARTS, kind)

export function Charts({ job }) {
  const [{ range }, change] = useQuery({ range: '1h' })
  const chosen = Object.hasOwn(RANGES, range) ? range : '1h'
  const [hours, everyMs] = RANGES[chosen]
  const [steps, setSteps] = useState()
  const zone = useZone()
  useEffect(() => {
    const gone = new AbortController()
    const load = () =>
      get(`/api/charts/${encodeURIComponent(job.name)}?hours=${hours}`, gone.signal).then(
        (told) => gone.signal.aborted || setSteps(told.steps),
        () => {},
      )
    void load()
    const timer = setInterval(load, everyMs)
    return () => {
      gone.abort()
      clearInterval(timer)
    }
  }, [job.name, hours])
  const title = { '1h': 'The last hour', '24h': 'The last 24 hours', '7d': 'The last 7 days' }[chosen]
  return html`<section aria-labelledby="charts">
    <div class="title"><h2 id="charts">${title}</h2>
      <${Choice} label="Time range" options=${[['1h', '1 h'], ['24h', '24 h'], ['7d', '7 d']]} value=${chosen} onChange=${(value) => change({ range: value })} /></div>
    <div class="charts">${CHARTS[job.kind].map((chart) => html`<${Chart} key=${`${chart.title} ${zone} ${chosen}`} chart=${chart} steps=${steps} hours=${hours} />`)}</div>
  </section>`
}

/** What the lines have in one step, in words. */
function valuesText({ lines, text }, step) {
  return lines.map(([key, name]) => (lines.length > 1 ? `${name} ${text(step[key])}` : text(step[key]))).join(', ')
}

/** Steps with something to read in this chart. */
const isKnown = ({ lines }, step) => lines.some(([key]) => step[key] !== null)

function Chart({ chart, steps = [], hours }) {
  const { title, unit, lines, text, marks } = chart
  const box = useRef(null)
  const drawn = useRef(null)
  const [at, setAt] = useState(null)
  const known = steps.filter((step) => isKnown(chart, step))
  useEffect(() => {
    let gone = false
    if (known.length < 2) return undefined
    drawChart(box.current, { chart, hours, steps, onPoint: setAt }).then(
      (made) => {
        if (gone) return made.destroy()
        drawn.current = made
      },
      () => {},
    )
    return () => {
      gone = true
      drawn.current?.destroy()
      drawn.current = null
    }
  }, [known.length < 2])
  useEffect(() => drawn.current?.take(steps), [steps])

  const latest = known.at(-1)
  const most = Math.max(0, ...known.flatMap((step) => lines.map(([key]) => step[key] ?? 0)))
  const pointed = at === null ? undefined : steps[at]
  const extra = (step) =>
    marks ? `${step.deadLettered > 0 ? `, ${count(step.deadLettered)} dead-lettered` : ''}${step.failed ? ', failing' : ''}` : ''
  const summary = pointed
    ? `${moment(pointed.at)}: ${valuesText(chart, pointed)}${extra(pointed)}`
    : latest
      ? `now ${valuesText(chart, latest)}; at most ${text(most)}`
      : 'nothing yet'
  const move = (event) => {
    const by = { ArrowLeft: -1, ArrowRight: 1, PageUp: -10, PageDown: 10, Home: -steps.length, End: steps.length }[event.key]
    if (by === undefined || !drawn.current) return
    event.preventDefault()
    const next = Math.min(steps.length - 1, Math.max(0, (at ?? steps.length) + by))
    drawn.current.point(next)
    setAt(next)
  }
  return html`<figure>
    <figcaption>${title}, ${unit} ${lines.length > 1 ? lines.map(([, name], i) => html`<span key=${name} class=${`key line-${i}`}>${name}</span>`) : ''}<br /><span class="quiet values">${summary}</span></figcaption>
    ${
      known.length < 2
        ? html`<div class="chart"><p class="quiet">Nothing to draw yet.</p></div>`
        : html`<div ref=${box} class="chart" role="slider" tabIndex="0" aria-label=${`${title}: left and right move through time`} aria-valuemin="0" aria-valuemax=${steps.length - 1} aria-valuenow=${at ?? steps.length - 1} aria-valuetext=${summary} onKeyDown=${move} onBlur=${() => setAt(null)}></div>`
    }
  </figure>`
}

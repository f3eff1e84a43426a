// The last hour of a job: throughput, lag, and how long a delivery takes. uPlot is loaded when the first chart is drawn.
import { useEffect, useRef, useState } from 'preact/hooks'
import { get } from '../frame/api.js'
import { count } from '../frame/format.js'
import { html } from '../frame/html.js'

const EVERY_MS = 15_000
const HEIGHT = 130
const HOUR = 3600
const clock = (seconds) => new Date(seconds * 1000).toLocaleTimeString('en-GB', { hour: '2-digit', minute: '2-digit' })

/** Resolves with uPlot, which is a plain script. */
let loading
function uplot() {
  loading ??= new Promise((resolve, reject) => {
    const style = Object.assign(document.createElement('link'), { rel: 'stylesheet', href: '/lib/uplot.css' })
    const script = Object.assign(document.createElement('script'), {
      src: '/lib/uplot.js',
      onload: () => resolve(window.uPlot),
      onerror: reject,
    })
    document.head.append(style, script)
  })
  return loading
}

export function Charts({ job }) {
  const [past, setPast] = useState()
  useEffect(() => {
    const gone = new AbortController()
    const load = async () => {
      const name = encodeURIComponent(job.name)
      const [history, runs] = await Promise.all([get(`/api/history/${name}`, gone.signal), get(`/api/runs/${name}`, gone.signal)])
      if (!gone.signal.aborted) setPast(seriesOf(history.points, runs.points))
    }
    const again = () => load().catch(() => {})
    void again()
    const timer = setInterval(again, EVERY_MS)
    return () => {
      gone.abort()
      clearInterval(timer)
    }
  }, [job.name])
  if (!past) return html`<div class="charts"></div>`
  return html`<section class="charts" aria-label="The last hour">
    <${Chart} title="Throughput, events a second" data=${past.throughput} text=${(value) => value.toFixed(value < 10 ? 1 : 0)} />
    <${Chart} title="Lag, events" data=${past.lag} text=${count} />
    <${Chart} title="Time of a delivery, ms" hint="The mean of each run" data=${past.delivery} text=${count} />
  </section>`
}

/** @param {number[][]} points time, lag, received, ended @param {number[][]} runs start, end, processed, retries, time of a delivery */
function seriesOf(points, runs) {
  const seconds = (ms) => ms / 1000
  const delivering = runs.filter(([, , , , deliveryMs]) => deliveryMs > 0)
  return {
    throughput: stepped(runs),
    lag: [points.map(([at]) => seconds(at)), points.map(([, lag]) => lag)],
    delivery: [delivering.map(([, end]) => seconds(end)), delivering.map(([, , , , deliveryMs]) => deliveryMs)],
  }
}

/** A run is a step from its start to its end; between runs nothing happens. */
function stepped(runs) {
  const times = []
  const values = []
  const put = (ms, value) => times.push(ms / 1000) && values.push(value)
  for (const [i, [start, end, processed]] of runs.entries()) {
    const before = runs[i - 1]?.[1] ?? 0
    if (before < start) {
      if (before > 0) put(before + 1, 0)
      put(start - 1, 0)
    }
    const each = processed / Math.max(1, (end - start) / 1000)
    put(Math.max(start, before), each)
    put(Math.max(end, start + 1), each)
  }
  return [times, values]
}

function Chart({ title, hint, data, text }) {
  const box = useRef(null)
  const chart = useRef(null)
  const shown = data[1].filter((value) => value !== null)
  const latest = shown.at(-1)
  useEffect(() => {
    let gone = false
    if (data[0].length < 2) return undefined
    uplot().then(
      (UPlot) => {
        if (gone || !box.current) return
        if (chart.current) return void chart.current.setData(data)
        chart.current = new UPlot(options(box.current.clientWidth, text), data, box.current)
      },
      () => {},
    )
    return () => void (gone = true)
  }, [data])
  useEffect(() => {
    const watch = new ResizeObserver(
      () => box.current && chart.current?.setSize({ width: box.current.clientWidth, height: HEIGHT }),
    )
    watch.observe(box.current)
    const scheme = matchMedia('(prefers-color-scheme: dark)')
    const redraw = () => chart.current?.redraw(false, true)
    scheme.addEventListener('change', redraw)
    return () => {
      watch.disconnect()
      scheme.removeEventListener('change', redraw)
      chart.current?.destroy()
    }
  }, [])
  const summary = latest === undefined ? 'nothing yet' : `now ${text(latest)}, at most ${text(Math.max(...shown))}`
  return html`<figure title=${hint}>
    <figcaption>${title} <span class="quiet">${summary}</span></figcaption>
    <div ref=${box} class="chart" aria-hidden="true">${data[0].length < 2 && html`<p class="quiet">Nothing to draw yet.</p>`}</div>
  </figure>`
}

/** Colours are the page’s, read when drawn: they follow the scheme. */
function options(width, text) {
  const probe = (name) => {
    const span = Object.assign(document.createElement('span'), { hidden: true })
    span.style.color = `var(${name})`
    document.body.append(span)
    const value = getComputedStyle(span).color
    span.remove()
    return value
  }
  const axis = {
    stroke: () => probe('--quiet'),
    grid: { stroke: () => probe('--line'), width: 1 },
    ticks: { show: false },
    font: '11px system-ui',
  }
  return {
    width,
    height: HEIGHT,
    cursor: { y: false },
    legend: { show: false },
    scales: {
      x: { range: () => [Date.now() / 1000 - HOUR, Date.now() / 1000] },
      y: { range: (_, _least, most) => [0, Math.max(1, most * 1.1)] },
    },
    axes: [
      { ...axis, space: 70, size: 28, values: (_, all) => all.map(clock) },
      { ...axis, size: 52, values: (_, all) => all.map((value) => (value >= 1 || value === 0 ? count(value) : value)) },
    ],
    series: [
      {},
      {
        stroke: () => probe('--accent'),
        width: 1.5,
        points: { show: false },
        value: (_, value) => (value === null ? '' : text(value)),
      },
    ],
  }
}

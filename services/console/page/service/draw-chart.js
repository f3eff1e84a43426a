// Draws one chart with uPlot: lines, failures as bands behind them, dead letters as marks at the bottom. Colours are the page's, read when
// drawn, so they follow the scheme.
import { count } from '../frame/format.js'
import { clock, dayText, zoneId } from '../frame/time.js'

const HEIGHT = 150
const COLOURS = ['--accent', '--good']

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

function colour(name) {
  const span = Object.assign(document.createElement('span'), { hidden: true })
  span.style.color = `var(${name})`
  document.body.append(span)
  const value = getComputedStyle(span).color
  span.remove()
  return value
}

/**
 * @param {HTMLElement} box @param {{ chart: object, hours: number, steps: object[], onPoint: (step: number | null) => void }} what `onPoint`
 * is told of the step under the pointer
 * @returns {Promise<{ take: (steps: object[]) => void, point: (step: number) => void, destroy: () => void }>}
 */
export async function drawChart(box, { chart, hours, steps: first, onPoint }) {
  const UPlot = await uplot()
  let steps = first
  const dataOf = () => [steps.map(({ at }) => at / 1000), ...chart.lines.map(([key]) => steps.map((step) => step[key]))]
  const plot = new UPlot(options(), dataOf(), box)
  const watch = new ResizeObserver(() => plot.setSize({ width: box.clientWidth, height: HEIGHT }))
  watch.observe(box)
  const scheme = matchMedia('(prefers-color-scheme: dark)')
  const redraw = () => plot.redraw(false, true)
  scheme.addEventListener('change', redraw)

  function options() {
    const axis = {
      stroke: () => colour('--quiet'),
      grid: { stroke: () => colour('--line'), width: 1 },
      ticks: { show: false },
      font: '11px system-ui',
    }
    const timeText = (seconds) => (hours > 24 ? dayText(seconds * 1000) : clock(seconds * 1000))
    return {
      width: box.clientWidth,
      height: HEIGHT,
      tzDate: (seconds) => UPlot.tzDate(new Date(seconds * 1000), zoneId()),
      cursor: { y: false },
      legend: { show: false },
      scales: { y: { range: (_, _least, most) => [0, Math.max(1, most * 1.1)] } },
      axes: [
        { ...axis, space: 60, size: 26, values: (_, all) => all.map(timeText) },
        { ...axis, size: 48, values: (_, all) => all.map((value) => (value >= 1 || value === 0 ? count(value) : value)) },
      ],
      series: [
        {},
        ...chart.lines.map((_, i) => ({
          stroke: () => colour(COLOURS[i]),
          width: 1.5,
          dash: i > 0 ? [5, 4] : undefined,
          points: { show: chart.points ?? false, size: 4 },
          spanGaps: !chart.points,
        })),
      ],
      hooks: {
        setCursor: [({ cursor: { left, idx } }) => left !== undefined && onPoint(left < 0 ? null : (idx ?? null))],
        drawClear: chart.marks ? [drawBands] : [],
        draw: chart.marks ? [drawMarks] : [],
      },
    }
  }

  const placeOf = (u, at) => u.valToPos(at / 1000, 'x', true)
  const widthOf = (u) => Math.max(2, placeOf(u, steps[1].at) - placeOf(u, steps[0].at))

  function drawBands(u) {
    const { ctx, bbox } = u
    ctx.save()
    ctx.fillStyle = colour('--bad-bg')
    for (const { at, failed } of steps) if (failed) ctx.fillRect(placeOf(u, at), bbox.top, widthOf(u), bbox.height)
    ctx.restore()
  }

  function drawMarks(u) {
    const { ctx, bbox } = u
    const size = 4 * devicePixelRatio
    const bottom = bbox.top + bbox.height
    ctx.save()
    ctx.fillStyle = colour('--bad')
    for (const { at, deadLettered } of steps) {
      if (deadLettered === 0) continue
      const middle = placeOf(u, at) + widthOf(u) / 2
      ctx.beginPath()
      ctx.moveTo(middle - size, bottom)
      ctx.lineTo(middle + size, bottom)
      ctx.lineTo(middle, bottom - 2 * size)
      ctx.fill()
    }
    ctx.restore()
  }

  return {
    take(next) {
      steps = next
      plot.setData(dataOf())
    },
    point: (step) => plot.setCursor({ left: plot.valToPos(steps[step].at / 1000, 'x'), top: 10 }),
    destroy() {
      watch.disconnect()
      scheme.removeEventListener('change', redraw)
      plot.destroy()
    },
  }
}

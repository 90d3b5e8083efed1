import { useEffect, useRef } from 'preact/hooks'
import uPlot from 'uplot'
import { isDark, zone } from '../shell/preferences.ts'
import { clock } from '../words/times.ts'

type Props = {
  /** Seconds since 1970, ascending. */
  times: number[]
  values: (number | null)[]
  tone: 'flow' | 'held' | 'fail' | 'silt'
  /** Changes when the data did. */
  tick: number
  format(value: number): string
  label: string
}

const height = 190
const leastSpan = 10
const leastSeconds = 60

/** A line over time with an axis from zero; what is held is filled. */
export function LineChart({ times, values, tone, tick, format, label }: Props) {
  const box = useRef<HTMLDivElement>(null)
  const chart = useRef<uPlot>(null)
  useEffect(() => {
    const inside = box.current
    if (inside === null) return undefined
    const plot = new uPlot(optionsOf({ width: inside.clientWidth, tone, format }), [times, values], inside)
    chart.current = plot
    const observer = new ResizeObserver(() => plot.setSize({ width: inside.clientWidth, height }))
    observer.observe(inside)
    return () => {
      observer.disconnect()
      plot.destroy()
    }
  }, [tone, isDark.value, zone.value, times])
  useEffect(() => chart.current?.setData([times, values]), [tick])
  return <div class="chart" ref={box} role="img" aria-label={label} />
}

function optionsOf({
  width,
  tone,
  format,
}: {
  width: number
  tone: Props['tone']
  format(value: number): string
}): uPlot.Options {
  const axis = { stroke: color('--ink-3'), font: '11px system-ui, sans-serif', ticks: { show: false } }
  const grid = { stroke: color('--line'), width: 1 }
  return {
    width,
    height,
    cursor: { points: { show: false }, drag: { x: false, y: false } },
    legend: { show: false },
    scales: {
      x: { range: (_, from, to) => [Math.min(from, to - leastSeconds), to] },
      y: { range: (_, __, most) => [0, Math.max(leastSpan, most * 1.15)] },
    },
    axes: [
      {
        ...axis,
        size: 28,
        grid: { show: false },
        values: (_, marks) => marks.map((mark) => clock(mark * 1000, zone.value)),
      },
      { ...axis, grid, size: 64, values: (_, marks) => marks.map((mark) => (mark === 0 ? '0' : format(mark))) },
    ],
    series: [
      {},
      {
        stroke: color(`--${tone}`),
        width: 1.5,
        spanGaps: false,
        points: { show: false },
        ...(tone === 'held' && { fill: color('--held-soft') }),
      },
    ],
  }
}

/** A canvas cannot read light-dark(): the browser resolves it on an element that uses it. */
function color(token: string): string {
  const probe = document.createElement('i')
  probe.className = 'vh'
  probe.style.color = `var(${token})`
  document.body.append(probe)
  const value = getComputedStyle(probe).color
  probe.remove()
  return value
}

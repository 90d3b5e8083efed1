/*
 * The timeline of one experiment as SVG: a strip of acknowledgements and one of deliveries per subscription over the same
 * seconds, faults as bands with their names above, the longest pauses as bars below the strips.
 */
import { figure } from '../../bench/table.ts'
import type { FaultFigures, Figures } from '../figures/figures.ts'
import { nothing } from '../mix/plan.ts'
import { escaped } from './markup.ts'
import { seconds } from './words.ts'

const width = 1200
const left = 14
const plotWidth = width - 2 * left
const laneHeight = 13
const stripHeight = 62
/** Above a strip for its name, below it for pauses. */
const [headHeight, footHeight] = [18, 16]
const axisHeight = 22
/** At 11 px. */
const letterWidth = 6.2
/** Of a text like `12.3 s`. */
const secondsWidth = 40
/** With more faults than this only missed targets are written beside their bars: there is no room for all. */
const fewFaults = 12
/** Shorter pauses are what a healthy run has too, and a bar of less than a pixel. */
const leastGapMs = 250

type Strip = { name: string; counts: readonly number[]; top: number }

type Scale = (ms: number) => number

/** Nothing for an experiment without a load. */
export function picture(figures: Figures): string {
  const { timeline, faults, run } = figures
  const buckets = timeline.acknowledged.length
  if (buckets === 0) return ''
  const totalMs = buckets * timeline.bucketMs
  const x: Scale = (ms) => left + (Math.min(Math.max(ms, 0), totalMs) / totalMs) * plotWidth
  const labels = placeLabels(faults, x)
  const top = 6 + labels.lanes * laneHeight
  const strips = stripsOf(figures, top)
  const bottom = top + strips.length * (headHeight + stripHeight + footHeight)
  const height = bottom + axisHeight
  return [
    `<svg viewBox="0 0 ${width} ${round(height)}" role="img" aria-label="Rates and faults of ${escaped(run)}">`,
    ...faults.map((fault) => band(fault, { x, top, bottom })),
    ...axis(totalMs, { x, top, bottom }),
    ...labels.marks,
    ...strips.map((strip) => stripMarks(strip, figures, x)),
    ...gapMarks(faults, strips, x),
    ...(timeline.loadMs < totalMs ? [drain(x(timeline.loadMs), top, bottom)] : []),
    '</svg>',
  ].join('\n')
}

function stripsOf({ timeline }: Figures, top: number): Strip[] {
  const rows = [{ name: '', counts: timeline.acknowledged }, ...timeline.delivered]
  return rows.map((row, index) => ({ ...row, top: top + index * (headHeight + stripHeight + footHeight) + headHeight }))
}

function stripMarks({ name, counts, top }: Strip, { timeline: { bucketMs } }: Figures, x: Scale): string {
  const perSecond = 1000 / bucketMs
  const most = counts.reduce((a, b) => Math.max(a, b), 1)
  const y = (value: number) => top + stripHeight - (value / most) * stripHeight
  const bottom = round(top + stripHeight)
  const points = counts.map((value, index) => `${round(x((index + 0.5) * bucketMs))} ${round(y(value))}`)
  const area = `M${round(x(0))} ${bottom}L${points.join('L')}L${round(x(counts.length * bucketMs))} ${bottom}Z`
  const title = name === '' ? 'acknowledged' : `delivered to ${name}`
  return [
    `<path class="area" d="${area}"/>`,
    `<line class="base" x1="${left}" x2="${width - left}" y1="${bottom}" y2="${bottom}"/>`,
    `<text class="ms" x="${left}" y="${round(top - 6)}"><tspan class="name">${escaped(title)}</tspan>, at most ${figure(most * perSecond, 0)} /s</text>`,
  ].join('')
}

type Frame = { x: Scale; top: number; bottom: number }

function band({ fault, victim, atMs, wholeMs, ...gaps }: FaultFigures, { x, top, bottom }: Frame): string {
  const from = round(x(atMs))
  const line = (kind: string) =>
    `<line class="${kind}" x1="${from}" x2="${from}" y1="${round(top)}" y2="${round(bottom)}"/>`
  if (fault === nothing) return line('control')
  const to = round(x(wholeMs ?? atMs))
  const told = `${fault}${victim === '' ? '' : ` (${victim})`} at ${clock(atMs)}${wholeMs === null ? '' : `, whole after ${seconds(wholeMs - atMs)}`}; longest gaps: acknowledgements ${seconds(gaps.ack.ms)}, deliveries ${seconds(gaps.delivery.ms)}, of a partition ${seconds(gaps.partition.ms)}`
  const span = `<rect class="span" x="${from}" y="${round(top)}" width="${round(Math.max(1, to - from))}" height="${round(bottom - top)}"><title>${escaped(told)}</title></rect>`
  return span + line('start')
}

/** Names above the bands, each in the lowest lane that is free there. */
function placeLabels(faults: readonly FaultFigures[], x: Scale): { lanes: number; marks: string[] } {
  const ends: number[] = []
  const placed = faults
    .filter(({ fault }) => fault !== nothing)
    .map(({ fault, atMs }) => {
      const wide = fault.length * letterWidth
      const at = Math.min(x(atMs), width - left - wide)
      const free = ends.findIndex((end) => end + 6 <= at)
      const lane = free === -1 ? ends.length : free
      ends[lane] = at + wide
      return { fault, at, lane, lineAt: x(atMs) }
    })
  const bottom = 6 + ends.length * laneHeight
  const topOf = (lane: number) => bottom - lane * laneHeight
  const leaders = placed.map(({ lane, lineAt }) => {
    const at = round(lineAt)
    return `<line class="leader" x1="${at}" x2="${at}" y1="${round(topOf(lane) - 2)}" y2="${round(bottom)}"/>`
  })
  const names = placed.map(
    ({ fault, at, lane }) =>
      `<text class="fault" x="${round(at)}" y="${round(topOf(lane) - 4)}">${escaped(fault)}</text>`,
  )
  return { lanes: ends.length, marks: [...leaders, ...names] }
}

/** The pauses of each fault under the strip that they are of: whole ones filled, those of one partition as an outline. */
function gapMarks(faults: readonly FaultFigures[], strips: readonly Strip[], x: Scale): string[] {
  const showsAll = faults.filter(({ fault }) => fault !== nothing).length <= fewFaults
  const bars = faults.flatMap(({ ack, delivery, partition, targets }) => [
    { gap: ack, target: targets.ackMs, kind: 'gap' as const },
    { gap: delivery, target: targets.deliveryMs, kind: 'gap' as const },
    // A pause of everything is one of each partition too.
    ...(partition.ms > 1.2 * delivery.ms
      ? [{ gap: partition, target: targets.partitionMs, kind: 'part' as const }]
      : []),
  ])
  const writtenTo = new Map<string, number>()
  return bars.flatMap(({ gap, target, kind }) => {
    const strip = strips.find(({ name }) => name === gap.of)
    if (strip === undefined || gap.ms < leastGapMs) return []
    const isMissed = target !== undefined && gap.ms > target
    const [from, to] = [x(gap.fromMs), x(gap.fromMs + gap.ms)]
    const y = strip.top + stripHeight + (kind === 'gap' ? 2 : 9)
    const line = `${gap.of}/${kind}`
    const isWritten = (isMissed || showsAll) && from > (writtenTo.get(line) ?? 0)
    if (isWritten) writtenTo.set(line, to + secondsWidth)
    return [bar({ from, to, y }, { kind, isMissed, text: isWritten ? seconds(gap.ms) : '' })]
  })
}

type Shape = { from: number; to: number; y: number }
type Look = { kind: 'gap' | 'part'; isMissed: boolean; text: string }

function bar({ from, to, y }: Shape, { kind, isMissed, text }: Look): string {
  const missed = isMissed ? ' missed' : ''
  const wide = round(Math.max(1.5, to - from))
  const at = round(Math.min(to + 3, width - left - secondsWidth))
  const label = text === '' ? '' : `<text class="ms${missed}" x="${at}" y="${round(y + 6)}">${text}</text>`
  return `<rect class="${kind}${missed}" x="${round(from)}" y="${round(y)}" width="${wide}" height="4"/>${label}`
}

function drain(at: number, top: number, bottom: number): string {
  const anchor = at > width - 90 ? ' text-anchor="end"' : ''
  return `<line class="drain" x1="${round(at)}" x2="${round(at)}" y1="${round(top)}" y2="${round(bottom)}"/><text x="${round(anchor === '' ? at + 4 : at - 4)}" y="${round(top + 10)}"${anchor}>load ends</text>`
}

const stepsMs = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 1_800, 3_600].map((seconds) => seconds * 1000)

function axis(totalMs: number, { x, top, bottom }: Frame): string[] {
  const step = stepsMs.find((one) => totalMs / one <= 16) ?? Math.ceil(totalMs / 16)
  const ticks = Array.from({ length: Math.floor(totalMs / step) + 1 }, (_, index) => index * step)
  return ticks.map((ms) => {
    const at = round(x(ms))
    const anchor = ms === 0 ? 'start' : 'middle'
    return `<line class="axis" x1="${at}" x2="${at}" y1="${round(top)}" y2="${round(bottom)}"/><text x="${at}" y="${round(bottom + 14)}" text-anchor="${anchor}">${clock(ms)}</text>`
  })
}

/** Minutes and seconds since the first event. */
function clock(ms: number): string {
  const whole = Math.max(0, Math.round(ms / 1000))
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, '0')}`
}

/** A tenth of a unit is less than anybody sees. */
const round = (value: number): number => Math.round(value * 10) / 10

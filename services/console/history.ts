import { type Static, Type } from 'typebox'
import { time } from '#shared/catalog/schema.ts'
import { TailraceError } from '#shared/errors.ts'
import type { Console } from './context.ts'
import { timeOf } from './dead-letters.ts'
import { completeTo, timeOrNull } from './events/answer.ts'
import type { MinuteValue } from './index/queries/watching.ts'
import type { Query } from './route.ts'

const kinds = ['stored', 'delivered', 'attempts', 'failed', 'dead-lettered', 'lag'] as const
/** The others are sums. */
const gauges: ReadonlySet<string> = new Set(['lag'])
const mostSeries = 20
const mostPoints = 2_000
const keptMs = 7 * 86_400_000
const minuteMs = 60_000

export const historyQuery = {
  series: Type.String({
    ...{ minLength: 1, maxLength: 2_000 },
    description: `<kind>/<name>, up to ${mostSeries} of them separated by commas. Of streams: stored. Of subscriptions: delivered, attempts, failed (attempts), dead-lettered, and lag, the most seconds in a step.`,
  }),
  since: Type.String({ format: 'date-time', maxLength: 40, description: 'An hour ago, if left out; at most 7 days.' }),
  stepSeconds: Type.Integer({ default: 60, minimum: 60, maximum: 86_400, multipleOf: 60 }),
}

export const historyAnswer = Type.Object({
  since: time('When the first step begins.'),
  until: time('When the last step ends; it may not be over.'),
  stepSeconds: Type.Integer(),
  indexCompleteTo: completeTo,
  series: Type.Array(
    Type.Object({
      name: Type.String(),
      kind: Type.String({ description: 'sum: added up over a step; gauge: the highest value in it.' }),
      values: Type.Array(Type.Union([Type.Number(), Type.Null()]), {
        description: 'One of each step; null where nothing is known.',
      }),
    }),
  ),
})

/** Rates and lags of the last days by steps of whole minutes. Rejects with `request-malformed` or `index-unavailable`. */
export async function readHistory({ index }: Pick<Console, 'index'>, query: Query, nowMs: number) {
  const names = namesOf(query.series === undefined ? '' : String(query.series))
  const stepMs = Number(query.stepSeconds) * 1_000
  const askedMs = timeOf('since', query.since === undefined ? null : String(query.since)) ?? nowMs - 3_600_000
  const sinceMs = Math.floor(Math.max(askedMs, nowMs - keptMs) / stepMs) * stepMs
  const steps = Math.max(0, Math.ceil((nowMs - sinceMs) / stepMs))
  if (steps > mostPoints) throw wrong('stepSeconds', `that are ${steps} steps, and at most ${mostPoints} are told`)
  const [from, to] = [sinceMs / minuteMs, (sinceMs + steps * stepMs) / minuteMs]
  const [values, first, status] = await Promise.all([
    index.ask('readMinutes', { series: names, from, to }),
    index.ask('firstMinute', null),
    index.ask('indexStatus', null),
  ])
  const span = { from, steps, minutes: stepMs / minuteMs, first: first ?? Number.POSITIVE_INFINITY }
  return {
    since: new Date(sinceMs).toISOString(),
    until: new Date(sinceMs + steps * stepMs).toISOString(),
    stepSeconds: stepMs / 1_000,
    indexCompleteTo: timeOrNull(status.completeToMs),
    series: names.map((name) => seriesOf(name, values, span)),
  } satisfies Static<typeof historyAnswer>
}

type Span = { from: number; steps: number; minutes: number; first: number }

function seriesOf(name: string, all: readonly MinuteValue[], { from, steps, minutes, first }: Span) {
  const isGauge = gauges.has(name.split('/')[0] ?? '')
  // Nothing happened is zero; nothing was observed, or it was before the index, is not known.
  const values = Array.from({ length: steps }, (_, step): number | null => {
    const isKnown = !isGauge && from + (step + 1) * minutes > first
    return isKnown ? 0 : null
  })
  for (const { series, minute, value } of all) {
    const step = Math.floor((minute - from) / minutes)
    if (series !== name || step < 0 || step >= steps) continue
    const known = values[step] ?? 0
    values[step] = isGauge ? Math.max(known, value) : known + value
  }
  return { name, kind: isGauge ? 'gauge' : 'sum', values }
}

function namesOf(text: string): string[] {
  const names = [...new Set(text.split(',').map((name) => name.trim()))].filter((name) => name !== '')
  if (names.length === 0) throw wrong('series', 'series is required, for example delivered/billing')
  if (names.length > mostSeries) throw wrong('series', `at most ${mostSeries} series are told at a time`)
  const foreign = names.find((name) => !kinds.some((kind) => name.startsWith(`${kind}/`)))
  if (foreign !== undefined) throw wrong('series', `${foreign.slice(0, 64)} does not begin with ${kinds.join('/, ')}/`)
  return names
}

function wrong(query: string, detail: string): TailraceError {
  const fix = `correct ${query}`
  return new TailraceError('request-malformed', detail, { errors: [{ query, code: 'value-invalid', detail, fix }] })
}

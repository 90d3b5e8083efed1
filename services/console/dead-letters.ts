import type { DeadLetter } from '#shared/delivery/dead-letter-record.ts'
import { anySelection, isSelected, type Selection } from '#shared/delivery/dead-letter-selection.ts'
import { TailraceError } from '#shared/errors.ts'
import type { Console } from './context.ts'
import type { Query } from './route.ts'

/** A list waits this long for the end of the topic, then shows what is known. */
const patienceMs = 2_000
const strictMs = 5_000

type Index = Pick<Console, 'deadLetters'>

/**
 * What is listed, newest first, and since when that may be outdated (ms), null when it is not. `leftOut`: so many newer ones,
 * selected or not, are not known because there are too many.
 */
export async function findDeadLetters({ deadLetters }: Index, selection: Selection) {
  const isCurrent = await deadLetters.catchUp(patienceMs)
  if (!isCurrent && deadLetters.asOfMs() === null) throw notReadable(patienceMs)
  const letters = deadLetters.letters().filter((letter) => isSelected(letter, selection))
  return { letters, leftOut: deadLetters.leftOut(), asOfMs: isCurrent ? null : deadLetters.asOfMs() }
}

/** What is selected, and how far the topic had been read then: the dead letters below `ends`. */
export type Selected = { letters: DeadLetter[]; leftOut: number; ends: Record<string, number> }

/** The same for a decision: only on what the topic holds now. Rejects with `kafka-unavailable` when that cannot be known. */
export async function requireDeadLetters({ deadLetters }: Index, selection: Selection): Promise<Selected> {
  if (!(await deadLetters.catchUp(strictMs))) throw notReadable(strictMs)
  const letters = deadLetters.letters().filter((letter) => isSelected(letter, selection))
  return { letters, leftOut: deadLetters.leftOut(), ends: deadLetters.ends() }
}

/** The filters of a list. Throws `request-malformed` for a time that is none. */
export function selectionOfQuery(query: Query): Selection {
  const text = (name: string) => (typeof query[name] === 'string' ? query[name] : null)
  const cause = text('cause')
  return {
    ...anySelection,
    ...{ subscription: text('subscription'), key: text('key'), type: text('type') },
    causes: cause === null ? null : [cause],
    ...{ sinceMs: timeOf('since', text('since')), untilMs: timeOf('until', text('until')) },
  }
}

const timePattern = /^\d{4}-\d{2}-\d{2}[Tt]\d{2}:\d{2}:\d{2}(\.\d+)?([Zz]|[+-]\d{2}:\d{2})$/

export function timeOf(name: string, text: string | null): number | null {
  if (text === null) return null
  const ms = timePattern.test(text) ? Date.parse(text) : Number.NaN
  if (!Number.isNaN(ms)) return ms
  const detail = `${name} is no RFC 3339 time`
  const fix = 'for example 2026-11-21T09:15:00.000Z'
  throw new TailraceError('request-malformed', detail, { errors: [{ query: name, code: 'not-a-time', detail, fix }] })
}

function notReadable(ms: number): TailraceError {
  const detail = `the dead letters could not be read to their end within ${ms} ms`
  return new TailraceError('kafka-unavailable', detail, { retryAfterMs: 1_000 })
}

import type { ResponseHead } from './attempt.ts'

/** Not less, or a receiver that says 0 is called in a tight loop; not more, or one wrong header stops a subscription for days. */
const shortestMs = 1_000
const longestMs = 15 * 60_000

/** The three date forms of RFC 9110 start with a week day; nothing else is handed to the lenient date parser. */
const httpDate = /^(Mon|Tues?|Wed(nes)?|Thu(rs)?|Fri|Sat(ur)?|Sun)(day)?,? .*\d\d:\d\d:\d\d/

/** How long Retry-After asks to wait, clamped to 1 s … 15 min; null when it is absent or neither seconds nor a date. */
export function retryAfterMs(headers: ResponseHead, nowMs: number): number | null {
  const value = headers['retry-after']
  if (typeof value !== 'string') return null
  const askedMs = parseMs(value.trim(), nowMs)
  return askedMs === null ? null : Math.min(Math.max(askedMs, shortestMs), longestMs)
}

function parseMs(value: string, nowMs: number): number | null {
  if (/^\d+$/.test(value)) return Number(value) * 1000
  if (!httpDate.test(value)) return null
  const at = Date.parse(value)
  return Number.isNaN(at) ? null : at - nowMs
}

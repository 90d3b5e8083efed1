import { noValue, trimmed } from './numbers.ts'

const minute = 60
const hour = 60 * minute
const day = 24 * hour

/** A span in seconds as people say it, in at most two units: "0.3 s", "18 m 24 s", "4 h 48 m", "2 d 3 h". */
export function span(seconds: number | null | undefined): string {
  if (seconds === null || seconds === undefined || !Number.isFinite(seconds)) return noValue
  if (seconds < 9.95) return `${trimmed(Math.max(0, seconds), 1)} s`
  const whole = Math.round(seconds)
  if (whole < minute) return `${whole} s`
  if (whole < hour) return two(whole, minute, 'm', 1, 's')
  if (whole < 2 * day) return two(whole, hour, 'h', minute, 'm')
  return two(whole, day, 'd', hour, 'h')
}

function two(whole: number, large: number, largeName: string, small: number, smallName: string): string {
  const rest = Math.floor((whole % large) / small)
  return rest === 0
    ? `${Math.floor(whole / large)} ${largeName}`
    : `${Math.floor(whole / large)} ${largeName} ${rest} ${smallName}`
}

/** A span in milliseconds: "31 ms", "10 s". */
export function spanMs(ms: number | null | undefined): string {
  if (ms === null || ms === undefined) return noValue
  if (ms < 10) return `${trimmed(ms, 1)} ms`
  return ms < 1000 ? `${Math.round(ms)} ms` : span(ms / 1000)
}

/** "just now", "24 s ago", "in 4 s"; over a day the date itself. */
export function relative(atMs: number, nowMs: number, zone: Zone): string {
  const seconds = (nowMs - atMs) / 1000
  if (Math.abs(seconds) >= day) return dayAndMinute(atMs, nowMs, zone)
  if (Math.abs(seconds) < 1) return 'just now'
  const words = span(Math.floor(Math.abs(seconds)))
  return seconds < 0 ? `in ${words}` : `${words} ago`
}

/** Where the clock on the page stands: the reader's own zone, or UTC. */
export type Zone = 'local' | 'utc'

/** "2026-11-20 13:42:08.114 UTC+1" */
export function absolute(atMs: number, zone: Zone): string {
  return `${date(atMs, zone)} ${clock(atMs, zone, true)} ${zoneName(atMs, zone)}`
}

/** "13:42:08", with milliseconds when asked for. */
export function clock(atMs: number, zone: Zone, withMs = false): string {
  return shifted(atMs, zone)
    .toISOString()
    .slice(11, withMs ? 23 : 19)
}

/** "2026-11-20" */
export function date(atMs: number, zone: Zone): string {
  return shifted(atMs, zone).toISOString().slice(0, 10)
}

const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']

/** "20 Nov, 09:00"; today only "09:00". */
export function dayAndMinute(atMs: number, nowMs: number, zone: Zone): string {
  const at = shifted(atMs, zone)
  const time = at.toISOString().slice(11, 16)
  return date(atMs, zone) === date(nowMs, zone) ? time : `${at.getUTCDate()} ${months[at.getUTCMonth()]}, ${time}`
}

/** "UTC", "UTC+1", "UTC+5:30" */
export function zoneName(atMs: number, zone: Zone): string {
  const offset = offsetMinutes(atMs, zone)
  if (offset === 0) return 'UTC'
  const minutes = Math.abs(offset) % 60
  return `UTC${offset < 0 ? '−' : '+'}${Math.floor(Math.abs(offset) / 60)}${minutes === 0 ? '' : `:${String(minutes).padStart(2, '0')}`}`
}

const offsetMinutes = (atMs: number, zone: Zone) => (zone === 'utc' ? 0 : -new Date(atMs).getTimezoneOffset())
const shifted = (atMs: number, zone: Zone) => new Date(atMs + offsetMinutes(atMs, zone) * 60_000)

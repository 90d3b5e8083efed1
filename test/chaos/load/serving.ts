import type { Serving } from '../history.ts'
import { isWell } from './breaks.ts'
import type { ReceiverMode } from './modes.ts'

/**
 * Whether a receiver in this mode answers requests well. One that refuses events, or asks for time, is there, and nobody takes
 * it for down.
 */
export function servingOf(mode: ReceiverMode): Serving {
  switch (mode.kind) {
    case 'accept':
      return 'all'
    case 'fail':
      return 'some'
    case 'answer':
      if (mode.status >= 200 && mode.status < 300) return 'all'
      return mode.status < 500 || (mode.everyNth ?? 1) > 1 || asksForTime(mode.headers) ? 'some' : 'none'
    case 'break':
      return isWell(mode.how) ? 'all' : 'none'
    case 'refuse':
    case 'deaf':
      return 'none'
    default:
      return mode satisfies never
  }
}

const asksForTime = (headers: Readonly<Record<string, string>> = {}): boolean => 'retry-after' in headers

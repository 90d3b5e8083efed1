import { TailraceError } from '#shared/errors.ts'

/** Failed sign-ins of each address. Keys cannot be guessed (256 bits); this keeps somebody who tries from filling the log. */
export type FailedSignIns = {
  /** Throws `rate-limited` while this address has failed too often. */
  refuseAfterTooMany(address: string): void
  failed(address: string): void
}

const most = 10
const windowMs = 60_000
/** Of more addresses at a time the oldest are forgotten: what is kept is bounded, whoever asks. */
const mostAddresses = 10_000

type Window = { count: number; endsAtMs: number }

/** At most 10 failures in a minute; the minute begins with the first one. `nowMs` is monotonic. */
export function countFailedSignIns(nowMs: () => number = () => performance.now()): FailedSignIns {
  const windows = new Map<string, Window>()
  const current = (address: string) => {
    const known = windows.get(address)
    return known !== undefined && known.endsAtMs > nowMs() ? known : undefined
  }
  return {
    refuseAfterTooMany(address) {
      const window = current(address)
      if (window === undefined || window.count < most) return
      const detail = `More than ${most} sign-ins from this address have failed within a minute.`
      throw new TailraceError('rate-limited', detail, { retryAfterMs: Math.ceil(window.endsAtMs - nowMs()) })
    },
    failed(address) {
      const window = current(address) ?? { count: 0, endsAtMs: nowMs() + windowMs }
      windows.delete(address)
      windows.set(address, { ...window, count: window.count + 1 })
      const [oldest] = windows.keys()
      if (windows.size > mostAddresses && oldest !== undefined) windows.delete(oldest)
    },
  }
}

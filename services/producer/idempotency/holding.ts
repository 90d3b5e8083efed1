import type { HeldMark, IdempotencyMarks } from '#shared/redis/idempotency-marks.ts'
import type { Reach } from './reach.ts'

/**
 * The marks this process opened and is not done with.
 *
 * - undecided: its append is under way, also after its publisher was told `outcome-unknown`. The lease is renewed as long
 *   as this process lives: nobody else appends the event before its fate is known.
 * - unwritten: the event is stored, but its answer did not reach Redis. It is written again until it does.
 * - let go: the answer stands in Redis, the mark was released, or the lease may end because nobody will ever know.
 */
export type Holding = {
  undecided(mark: HeldMark): void
  unwritten(mark: HeldMark, answer: string): void
  letGo(mark: HeldMark): void
  /** Renews and writes once; the timer does it by itself. */
  sweep(): Promise<void>
  close(): void
}

export type HoldingOptions = {
  marks: Pick<IdempotencyMarks, 'renew' | 'settle'>
  reach: Pick<Reach, 'ask' | 'isUsable' | 'missed'>
  windowMs: number
  leaseMs: number
  now?(): number
}

type State = { sinceMs: number; answer: string | null }

/** Three tries fit into a lease. */
const sweepsPerLease = 3
/** About 3 MB; what is older helps least. */
const mostUnwritten = 10_000
/** Nobody waits for a sweep. */
const sweepLimitMs = 200

export function openHolding({
  marks,
  reach,
  windowMs,
  leaseMs,
  now = () => performance.now(),
}: HoldingOptions): Holding {
  const held = new Map<HeldMark, State>()
  const sweepEveryMs = leaseMs / sweepsPerLease
  let unwritten = 0
  const letGo = (mark: HeldMark) => {
    if (typeof held.get(mark)?.answer === 'string') unwritten -= 1
    held.delete(mark)
  }
  const renew = async () => {
    const due = [...held].filter(([, { sinceMs, answer }]) => answer === null && now() - sinceMs >= sweepEveryMs)
    if (due.length > 0) await reach.ask(() => marks.renew(due.map(([mark]) => mark)), sweepLimitMs)
  }
  const forget = () => {
    for (const [mark, { sinceMs, answer }] of held) if (answer !== null && now() - sinceMs > windowMs) letGo(mark)
  }
  const write = async () => {
    const due = [...held].flatMap(([mark, { answer }]) => (answer === null ? [] : [{ ...mark, mark, answer }]))
    if (due.length === 0) return
    if ((await reach.ask(() => marks.settle(due), sweepLimitMs)) !== null) for (const { mark } of due) letGo(mark)
  }
  const sweep = async () => {
    forget()
    if (held.size === 0 || !reach.isUsable()) return
    await renew()
    await write()
  }
  const timer = setInterval(() => void sweep(), sweepEveryMs)
  return {
    undecided(mark) {
      held.set(mark, { sinceMs: now(), answer: null })
    },
    unwritten(mark, answer) {
      letGo(mark)
      if (unwritten >= mostUnwritten) return reach.missed()
      unwritten += 1
      held.set(mark, { sinceMs: now(), answer })
    },
    letGo,
    sweep,
    close: () => clearInterval(timer),
  }
}

import type { HeldMark, IdempotencyMarks, Mark, Seen } from '#shared/redis/idempotency-marks.ts'
import type { Reach } from './reach.ts'

/**
 * The marks this process is not done with. They also decide about its own twins, before Redis is asked and without it.
 *
 * - undecided: an append is about to begin or under way, also after its publisher was told `outcome-unknown`. The lease is
 *   renewed as long as this process lives and does not know: nobody else appends the event before its fate is known.
 * - unwritten: the event is stored, but its answer did not reach Redis. It is written again until it does.
 * - let go: the answer stands in Redis, the mark was released, or the lease may end because nobody will ever know.
 */
export type Holding = {
  /** What this process knows of an event by itself. */
  find(mark: Mark): Seen | undefined
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

type State = { mark: HeldMark; sinceMs: number; answer: string | null }

/** Three tries fit into a lease. */
const sweepsPerLease = 3
/** About 5 MB: what a producer stores in a few seconds without Redis. */
const mostUnwritten = 10_000
/** Nobody waits for a sweep. */
const sweepLimitMs = 200

const keyOf = ({ tag, name }: Mark) => `${tag}/${name}`

export function openHolding({ marks, reach, windowMs, leaseMs, now = performanceNow }: HoldingOptions): Holding {
  const held = new Map<string, State>()
  const sweepEveryMs = leaseMs / sweepsPerLease
  let unwritten = 0
  const letGo = (mark: HeldMark) => {
    const state = held.get(keyOf(mark))
    if (state?.mark.token !== mark.token) return
    if (state.answer !== null) unwritten -= 1
    held.delete(keyOf(mark))
  }
  const keep = (mark: HeldMark, answer: string | null) => held.set(keyOf(mark), { mark, sinceMs: now(), answer })
  const isOver = ({ sinceMs, answer }: State) => answer !== null && now() - sinceMs > windowMs
  const renew = async () => {
    const due = [...held.values()].filter(({ sinceMs, answer }) => answer === null && now() - sinceMs >= sweepEveryMs)
    if (due.length > 0) await reach.ask(() => marks.renew(due.map(({ mark }) => mark)), sweepLimitMs)
  }
  const write = async () => {
    const due = [...held.values()].flatMap(({ mark, answer }) => (answer === null ? [] : [{ ...mark, answer }]))
    if (due.length > 0 && (await reach.ask(() => marks.settle(due), sweepLimitMs)) !== null) due.forEach(letGo)
  }
  const sweep = async () => {
    for (const state of held.values()) if (isOver(state)) letGo(state.mark)
    if (held.size === 0 || !reach.isUsable()) return
    await renew()
    await write()
  }
  const timer = setInterval(() => void sweep(), sweepEveryMs)
  return {
    find: (mark) => seenAs(held.get(keyOf(mark)), mark),
    undecided: (mark) => void keep(mark, null),
    unwritten(mark, answer) {
      letGo(mark)
      if (unwritten >= mostUnwritten) return reach.missed()
      unwritten += 1
      keep(mark, answer)
    },
    letGo,
    sweep,
    close: () => clearInterval(timer),
  }
}

const performanceNow = () => performance.now()

function seenAs(state: State | undefined, { digest }: Mark): Seen | undefined {
  if (state === undefined) return undefined
  if (state.mark.digest !== digest) return { kind: 'mismatch' }
  return state.answer === null ? { kind: 'running' } : { kind: 'done', answer: state.answer }
}

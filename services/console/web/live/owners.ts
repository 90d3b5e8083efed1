import { effect, signal } from '@preact/signals'
import { state } from './live.ts'

/** One partition of one subscription in one pair of hands; `toMs` null: still. `owner` null: nobody had it. */
export type Ownership = { partition: number; owner: string | null; fromMs: number; toMs: number | null }
/** When owners changed, and how many partitions moved. */
export type Move = { subscription: string; atMs: number; partitions: number[]; from: string | null; to: string | null }

const mostMoves = 200
const keptMs = 60 * 60_000

/** Who owned what since the page was opened, by subscription. */
export const ownerships = signal<ReadonlyMap<string, readonly Ownership[]>>(new Map())
export const moves = signal<readonly Move[]>([])

/** Watches the owners of the live state. */
export function startOwners(): void {
  effect(() => {
    if (state.value === undefined) return
    const atMs = Date.parse(state.value.at)
    const next = new Map(ownerships.peek())
    const found: Move[] = []
    for (const { name, partitions } of state.value.subscriptions) {
      const before = (next.get(name) ?? []).filter(({ toMs }) => toMs === null || toMs > atMs - keptMs)
      const { spans, moved } = advance(before, partitions, atMs)
      next.set(name, spans)
      found.push(...moved.map((move) => ({ ...move, subscription: name, atMs })))
    }
    ownerships.value = next
    if (found.length > 0) moves.value = [...found, ...moves.peek()].slice(0, mostMoves)
  })
}

type Pair = { partition: number; owner: string | null }

/** The spans after a look at `partitions`, and what has moved since the look before. */
export function advance(before: readonly Ownership[], partitions: readonly Pair[], atMs: number) {
  const spans = [...before]
  const moved = new Map<string, Omit<Move, 'subscription' | 'atMs'>>()
  for (const { partition, owner = null } of partitions) {
    const index = spans.findIndex((one) => one.partition === partition && one.toMs === null)
    const last = spans[index]
    if (last?.owner === owner) continue
    spans.push({ partition, owner, fromMs: atMs, toMs: null })
    if (last === undefined) continue
    spans[index] = { ...last, toMs: atMs }
    const name = `${last.owner} ${owner}`
    const move = moved.get(name) ?? { partitions: [], from: last.owner, to: owner }
    move.partitions.push(partition)
    moved.set(name, move)
  }
  return { spans, moved: [...moved.values()] }
}

import type { Pair } from './pair/states.ts'
import type { PairRing } from './pair-ring.ts'

/** The pairs that this instance owns of one subscription. */
export class OwnedPairs {
  readonly byPartition = new Map<number, Pair>()
  readonly ring: PairRing = { pairs: [], at: 0 }
  /** End of the stream's log per partition, as the last fetch told. */
  readonly ends = new Map<number, number>()

  /** These are owned from now on; `lose` is told of each that is not any more. A pair that was kept goes on. */
  assign(partitions: readonly number[], { create, lose }: Reassigning): void {
    const { byPartition } = this
    for (const [partition, pair] of byPartition) {
      if (partitions.includes(partition)) continue
      lose(pair)
      byPartition.delete(partition)
    }
    for (const partition of partitions) {
      if ((byPartition.get(partition)?.phase ?? 'gone') === 'gone') byPartition.set(partition, create(partition))
    }
    this.ring.pairs = [...byPartition.values()]
  }

  /** Attempts under way. */
  get attempting(): number {
    return this.ring.pairs.reduce((sum, { table }) => sum + table.count.attempting, 0)
  }
}

type Reassigning = { create(partition: number): Pair; lose(pair: Pair): void }

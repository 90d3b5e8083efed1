/** What waits for its turn: one at a time of each order, any number of those that are in no order (null). */
export type Ordered = { readonly order: string | null }

/**
 * Hands items out so that those of one order come one after the other, in the order in which they were added. An item is
 * free → taken → over or given back, and then it is the first of its order again.
 */
export type KeyTurns<T extends Ordered> = {
  add(item: T): void
  /** An item whose order is free; undefined when none is. */
  take(): T | undefined
  hasFree(): boolean
  /** Its order goes on. */
  over(item: T): void
  giveBack(item: T): void
  /** Items that were not taken. */
  waiting(): number
}

export function createKeyTurns<T extends Ordered>(): KeyTurns<T> {
  const free = new Set<T>()
  /** What waits behind an item of the order that is free or taken. */
  const behind = new Map<string, T[]>()
  let waiting = 0
  return {
    add(item) {
      waiting += 1
      const queue = item.order === null ? undefined : behind.get(item.order)
      if (queue !== undefined) queue.push(item)
      else {
        if (item.order !== null) behind.set(item.order, [])
        free.add(item)
      }
    },
    take() {
      for (const item of free) {
        free.delete(item)
        waiting -= 1
        return item
      }
      return undefined
    },
    hasFree: () => free.size > 0,
    over({ order }) {
      if (order === null) return
      const next = behind.get(order)?.shift()
      if (next === undefined) behind.delete(order)
      else free.add(next)
    },
    giveBack(item) {
      waiting += 1
      free.add(item)
    },
    waiting: () => waiting,
  }
}

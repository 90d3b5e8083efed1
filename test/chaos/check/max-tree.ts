/** Numbers of a row that are asked again and again which of them, within a part of the row, are above a limit. */
export type MaxTree = {
  /** Their places from `from` up to but not including `to`, ascending. Costs as much as it finds. */
  above(limit: number, from: number, to: number): number[]
}

/** Each node holds the largest number below it: node 1 is the root, the children of n are 2n and 2n + 1. */
export function createMaxTree(numbers: readonly number[]): MaxTree {
  const width = 2 ** Math.ceil(Math.log2(Math.max(1, numbers.length)))
  const nodes = new Float64Array(2 * width).fill(-Infinity)
  nodes.set(numbers, width)
  for (let node = width - 1; node > 0; node -= 1) {
    nodes[node] = Math.max(nodes[2 * node] ?? -Infinity, nodes[2 * node + 1] ?? -Infinity)
  }
  const search = (node: number, start: number, size: number, sought: Sought): void => {
    if (start >= sought.to || start + size <= sought.from || (nodes[node] ?? -Infinity) <= sought.limit) return
    if (size === 1) {
      sought.found.push(start)
      return
    }
    search(2 * node, start, size / 2, sought)
    search(2 * node + 1, start + size / 2, size / 2, sought)
  }
  return {
    above(limit, from, to) {
      const found: number[] = []
      search(1, 0, width, { limit, from, to, found })
      return found
    },
  }
}

type Sought = { limit: number; from: number; to: number; found: number[] }

import type { StreamCommit } from './surroundings.ts'

/** What the coordinator keeps: the generation, and the committed offsets of both partitions. */
export type Group = {
  generation: number
  stream: StreamCommit | null
  retry: number | null
  hasStarted: boolean
}

export function createGroup(): Group {
  return { generation: 0, stream: null, retry: null, hasStarted: false }
}

/**
 * What a pending mark says about the append it stands for: who, to which partition, since when. Whoever takes the mark over
 * looks there for the event.
 */
export type Begun = { partition: number; sinceMs: number }

/** `owner` is unique among all requests of all producers. */
export function tokenOf(owner: string, { partition, sinceMs }: Begun): string {
  return `${owner}.${partition}.${sinceMs.toString(36)}`
}

/** Undefined for a token that says nothing of that kind. */
export function begunBy(token: string): Begun | undefined {
  const [, partition, since] = /\.(\d+)\.([0-9a-z]+)$/.exec(token) ?? []
  return partition === undefined || since === undefined
    ? undefined
    : { partition: Number(partition), sinceMs: Number.parseInt(since, 36) }
}

/** A member as the group leader sees it: what it owned after its last join, and when that was (ms since epoch). */
export type Claim = { memberId: string; owned: readonly number[]; joinedAt: number }

/**
 * Gives partition numbers to members: all of them, each once, counts differing by at most one, and as few moves as that
 * allows. The unit is the partition number, which stands for that partition of every topic of the group: a stream
 * partition and its retry partition never part. Of two claims on one partition the later join wins.
 */
export function assignSticky(claims: readonly Claim[], partitions: number): Map<string, number[]> {
  const members = [...claims].sort((a, b) => (a.memberId < b.memberId ? -1 : 1))
  const kept = keep(members, partitions)
  const taken = new Set([...kept.values()].flat())
  for (let partition = 0; partition < partitions; partition += 1) {
    if (!taken.has(partition)) poorest(kept)?.push(partition)
  }
  for (const owned of kept.values()) owned.sort((a, b) => a - b)
  return kept
}

/** What each member keeps of its valid claims, at most its fair share. */
function keep(members: readonly Claim[], partitions: number): Map<string, number[]> {
  const valid = validClaims(members, partitions)
  const share = members.length === 0 ? 0 : Math.floor(partitions / members.length)
  let extra = members.length === 0 ? 0 : partitions % members.length
  const kept = new Map<string, number[]>(members.map(({ memberId }) => [memberId, []]))
  for (const [memberId, owned] of [...valid].sort(([, a], [, b]) => b.length - a.length)) {
    const hasExtra = owned.length > share && extra > 0
    if (hasExtra) extra -= 1
    kept.set(memberId, owned.slice(0, hasExtra ? share + 1 : share))
  }
  return kept
}

function validClaims(members: readonly Claim[], partitions: number): Map<string, number[]> {
  const owners = new Map<number, Claim>()
  for (const member of members) {
    for (const partition of member.owned) {
      const rival = owners.get(partition)
      const exists = Number.isInteger(partition) && partition >= 0 && partition < partitions
      if (exists && (rival === undefined || rival.joinedAt < member.joinedAt)) owners.set(partition, member)
    }
  }
  const valid = new Map<string, number[]>(members.map(({ memberId }) => [memberId, []]))
  for (const [partition, { memberId }] of owners) valid.get(memberId)?.push(partition)
  return valid
}

function poorest(kept: ReadonlyMap<string, number[]>): number[] | undefined {
  let fewest: number[] | undefined
  for (const owned of kept.values()) if (fewest === undefined || owned.length < fewest.length) fewest = owned
  return fewest
}

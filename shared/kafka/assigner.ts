/** A member as the group leader sees it: what it owned after its last join, and when that was (ms since epoch). */
export type Claim = { memberId: string; owned: readonly number[]; joinedAt: number }

/**
 * Gives partition numbers to members: all of them, each once, counts differing by at most one, and as few moves as that
 * allows. The unit is the partition number, which stands for that partition of every topic of the group: a stream
 * partition and its retry partition never part. Of two claims on one partition the later join wins, unless the winner has
 * to give something up anyway: then it is what another member claims too. (After the loss of a coordinator the first
 * member to come back gets everything for a moment; the second must get back what it still knows, not the rest.)
 */
export function assignSticky(claims: readonly Claim[], partitions: number): Map<string, number[]> {
  const members = [...claims].sort((a, b) => (a.memberId < b.memberId ? -1 : 1))
  const kept = keep(members, partitions)
  giveBack(members, kept, partitions)
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
    const undisputedFirst = owned.toSorted((a, b) => claimants(members, a) - claimants(members, b))
    kept.set(memberId, undisputedFirst.slice(0, hasExtra ? share + 1 : share))
  }
  return kept
}

/** What nobody keeps goes to whom has claimed it in vain, as far as there is room. */
function giveBack(members: readonly Claim[], kept: ReadonlyMap<string, number[]>, partitions: number): void {
  const share = members.length === 0 ? 0 : Math.floor(partitions / members.length)
  const taken = new Set([...kept.values()].flat())
  for (const { memberId, owned } of members.toSorted((a, b) => b.joinedAt - a.joinedAt)) {
    const mine = kept.get(memberId) ?? []
    for (const partition of owned) {
      const exists = Number.isInteger(partition) && partition >= 0 && partition < partitions
      if (!exists || taken.has(partition) || mine.length >= share) continue
      mine.push(partition)
      taken.add(partition)
    }
  }
}

const claimants = (members: readonly Claim[], partition: number): number =>
  members.filter(({ owned }) => owned.includes(partition)).length

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

import type { GroupMember, PartitionAssigner } from 'kafkajs'
import kafkajs from 'kafkajs'
import { assignSticky, type Claim } from './assigner.ts'

const { AssignerProtocol } = kafkajs
const { MemberAssignment, MemberMetadata } = AssignerProtocol

/** What this member tells the group leader about itself; outlives each kafkajs client. */
export type OwnClaim = { owned: readonly number[]; joinedAt: number }

const name = 'tailrace-sticky'
const version = 1

/** The sticky assigner as kafkajs wants it; `claim` is read at each join. */
export function stickyProtocol(claim: () => OwnClaim): PartitionAssigner {
  return ({ cluster }) => ({
    name,
    version,
    protocol: ({ topics }) => ({
      name,
      metadata: MemberMetadata.encode({ version, topics, userData: Buffer.from(JSON.stringify(claim())) }),
    }),
    assign: async ({ members, topics }) => {
      // Neither half of a pair alone: while one topic has more partitions than another, the rest is given to nobody.
      const counts = topics.map((topic) => cluster.findTopicPartitionMetadata(topic).length)
      const assigned = assignSticky(members.map(claimOf), Math.min(...counts))
      return [...assigned].map(([memberId, partitions]) => ({
        memberId,
        memberAssignment: MemberAssignment.encode({ version, assignment: forAll(topics, partitions), userData: empty }),
      }))
    },
  })
}

const empty = Buffer.alloc(0)

function forAll(topics: readonly string[], partitions: number[]): Record<string, number[]> {
  return partitions.length === 0 ? {} : Object.fromEntries(topics.map((topic) => [topic, partitions]))
}

/** A member whose claim cannot be read simply claims nothing. */
function claimOf({ memberId, memberMetadata }: GroupMember): Claim {
  try {
    const claim: Partial<OwnClaim> = JSON.parse(MemberMetadata.decode(memberMetadata)?.userData.toString() ?? '{}')
    const owned = Array.isArray(claim.owned) ? claim.owned : []
    return { memberId, owned, joinedAt: Number(claim.joinedAt ?? 0) }
  } catch {
    return { memberId, owned: [], joinedAt: 0 }
  }
}

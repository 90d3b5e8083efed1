import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { assignSticky, type Claim } from '#shared/kafka/assigner.ts'

const partitionCount = fc.integer({ min: 0, max: 40 })
const memberIds = fc.uniqueArray(fc.stringMatching(/^[a-f0-9]{1,6}$/), { minLength: 1, maxLength: 12 })

const wildClaims = fc.tuple(
  memberIds,
  fc.array(fc.record({ owned: fc.array(fc.integer({ min: -2, max: 45 })), joinedAt: fc.nat(5) }), { minLength: 12 }),
)
const claimsOf = ([ids, claims]: [string[], Omit<Claim, 'memberId'>[]]): Claim[] =>
  ids.map((memberId, index) => ({ memberId, ...(claims[index] ?? { owned: [], joinedAt: 0 }) }))

const fresh = (ids: readonly string[]): Claim[] => ids.map((memberId) => ({ memberId, owned: [], joinedAt: 0 }))

const afterJoin = (assigned: ReadonlyMap<string, number[]>): Claim[] =>
  [...assigned].map(([memberId, owned]) => ({ memberId, owned, joinedAt: 1 }))

const moved = (before: ReadonlyMap<string, number[]>, after: ReadonlyMap<string, number[]>) =>
  [...after].flatMap(([memberId, owned]) => owned.filter((partition) => !before.get(memberId)?.includes(partition)))

test('assigns every partition exactly once and counts differ by at most one, whatever members claim', () => {
  fc.assert(
    fc.property(wildClaims, partitionCount, (claims, partitions) => {
      const assigned = assignSticky(claimsOf(claims), partitions)
      const all = [...assigned.values()].flat().sort((a, b) => a - b)
      assert.deepEqual(all, [...Array(partitions).keys()])
      const counts = [...assigned.values()].map((owned) => owned.length)
      assert.ok(Math.max(...counts) - Math.min(...counts) <= 1)
    }),
  )
})

test('moves nothing when the same members join again', () => {
  fc.assert(
    fc.property(memberIds, partitionCount, (ids, partitions) => {
      const before = assignSticky(fresh(ids), partitions)
      assert.deepEqual(assignSticky(afterJoin(before), partitions), before)
    }),
  )
})

test('moves only the partitions of a member that died', () => {
  fc.assert(
    fc.property(memberIds, partitionCount, fc.nat(), (ids, partitions, choice) => {
      fc.pre(ids.length > 1)
      const before = assignSticky(fresh(ids), partitions)
      const dead = ids[choice % ids.length]
      const after = assignSticky(
        afterJoin(before).filter(({ memberId }) => memberId !== dead),
        partitions,
      )
      const ofTheDead = before.get(dead ?? '') ?? []
      assert.deepEqual(moved(before, after).toSorted(), ofTheDead.toSorted())
    }),
  )
})

test('moves to a new member only its fair share', () => {
  fc.assert(
    fc.property(memberIds, partitionCount, (ids, partitions) => {
      const before = assignSticky(fresh(ids), partitions)
      const after = assignSticky([...afterJoin(before), ...fresh(['zzzzzzz'])], partitions)
      assert.equal(moved(before, after).length, after.get('zzzzzzz')?.length)
    }),
  )
})

test('believes the later join when two members claim the same partition', () => {
  const claims = [
    { memberId: 'zombie', owned: [0, 1, 2], joinedAt: 1 },
    { memberId: 'owner', owned: [0, 1], joinedAt: 2 },
  ]
  assert.deepEqual(assignSticky(claims, 4).get('owner'), [0, 1])
})

test('gives members that come back a moment after the first one what they had before', () => {
  fc.assert(
    fc.property(memberIds, fc.integer({ min: 1, max: 6 }), fc.nat(), (ids, each, choice) => {
      const partitions = each * ids.length
      const before = assignSticky(fresh(ids), partitions)
      const first = ids[choice % ids.length] ?? ''
      const alone = assignSticky([{ memberId: first, owned: before.get(first) ?? [], joinedAt: 1 }], partitions)
      const claims = afterJoin(before).filter(({ memberId }) => memberId !== first)
      const after = assignSticky(
        [...claims, { memberId: first, owned: alone.get(first) ?? [], joinedAt: 2 }],
        partitions,
      )
      assert.deepEqual(after, new Map([...before].sort(([a], [b]) => (a < b ? -1 : 1))))
    }),
  )
})

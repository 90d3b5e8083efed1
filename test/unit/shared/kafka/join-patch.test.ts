import assert from 'node:assert/strict'
import { createRequire } from 'node:module'
import { before, test } from 'node:test'
import { type ConsumerGroup, patchJoin } from '#shared/kafka/join-patch.ts'

const { prototype }: { prototype: ConsumerGroup } = createRequire(import.meta.url)('kafkajs/src/consumer/consumerGroup')
const happened: string[] = []

before(() => {
  prototype.joinAndSync = async () => void happened.push('join')
  assert.equal(patchJoin(), true, 'kafkajs changed its version: check the patch against it')
  patchJoin()
})

const cases = [
  { who: 'a member', memberId: 'm', gated: true, expected: ['gate', 'join'] },
  { who: 'a member without a gate', memberId: 'm', gated: false, expected: ['join'] },
  { who: 'who is no member yet, or was forgotten,', memberId: null, gated: true, expected: ['join'] },
]

for (const { who, memberId, gated, expected } of cases) {
  test(`${who} joins: ${expected.join(', then ')}`, async () => {
    happened.length = 0
    const beforeJoin = async () => void happened.push('gate')
    const assigners = gated ? [{ beforeJoin }] : [{}]
    await Object.assign(Object.create(prototype), { memberId, assigners }).joinAndSync()
    assert.deepEqual(happened, expected)
  })
}

import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { patchBetween } from '../../../../services/console/live/patch.ts'
import { mergePatch } from '../../../../services/console/merge-patch.ts'

const leaf = fc.oneof(
  fc.integer({ max: 3 }),
  fc.constantFrom('a', 'b'),
  fc.boolean(),
  fc.array(fc.integer({ max: 2 }), { maxLength: 2 }),
)
const name = fc.constantFrom('a', 'b', 'c')
const objectOf = <T>(member: fc.Arbitrary<T>) => fc.dictionary(name, member, { noNullPrototype: true })
const object = objectOf(fc.oneof(leaf, objectOf(leaf)))

test('applying the patch gives what the state is now, whatever changed', () => {
  fc.assert(
    fc.property(object, object, (before, after) => {
      const patch = patchBetween(before, after)
      assert.deepEqual(patch === null ? before : mergePatch(before, patch), { ...after })
    }),
  )
})

test('what is the same has no patch, and a patch says nothing that is the same', () => {
  const state = { at: 1, kafka: { brokers: [{ id: 1 }], behind: 0 }, jobs: [] }
  assert.equal(patchBetween(state, structuredClone(state)), null)
  assert.deepEqual(patchBetween(state, { ...state, kafka: { ...state.kafka, behind: 2 } }), { kafka: { behind: 2 } })
})

test('a member that became null is removed by the patch', () => {
  assert.deepEqual(patchBetween({ availability: { ratio: 1 } }, { availability: null }), { availability: null })
})

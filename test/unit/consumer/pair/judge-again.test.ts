import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { PairPolicy } from '../../../../services/consumer/pair/states.ts'
import { pairUnderTest, record } from './pair-under-test.ts'

type Step =
  | { do: 'read'; keys: string[] }
  | { do: 'offer'; slots: number }
  | { do: 'answer'; nth: number; outcome: 'delivered' | 'failed' | 'unproven' | 'refused' }
  | { do: 'filter'; modulo: number }
  | { do: 'judge'; most: number }
  | { do: 'settle' }
  | { do: 'later'; ms: number }

const anyStep: fc.Arbitrary<Step> = fc.oneof(
  fc.record({
    do: fc.constant('read'),
    keys: fc.array(fc.constantFrom('a', 'b', 'c'), { minLength: 1, maxLength: 9 }),
  }),
  fc.record({ do: fc.constant('offer'), slots: fc.integer({ min: 1, max: 3 }) }),
  fc.record({
    do: fc.constant('answer'),
    nth: fc.nat(3),
    outcome: fc.constantFrom('delivered', 'failed', 'unproven', 'refused'),
  }),
  fc.record({ do: fc.constant('filter'), modulo: fc.integer({ min: 1, max: 4 }) }),
  fc.record({ do: fc.constant('judge'), most: fc.integer({ min: 1, max: 5 }) }),
  fc.constant({ do: 'settle' }),
  fc.record({ do: fc.constant('later'), ms: fc.integer({ min: 1, max: 2_000 }) }),
)

/** What passes changes again and again: every offset that the number does not divide. 1: nothing, 4: most. */
const policyOf = (policy: PairPolicy, modulo: number): PairPolicy => ({
  ...policy,
  judge: ({ offset }) => (offset % modulo === 0 ? 'filtered' : 'deliver'),
})

test('whatever changes when: what every filter wanted is delivered, in order per key, and everything is finished', () => {
  fc.assert(
    fc.property(fc.array(anyStep, { minLength: 20, maxLength: 90, size: 'max' }), (steps) => {
      const one = pairUnderTest({ retry: { scheduleMs: [500], giveUpAfterMs: 100_000 } })
      one.start()
      const [keys, underWay, ended, moduli]: [string[], number[], number[], number[]] = [[], [], [], []]
      let nowMs = 0
      const offer = (slots: number) => underWay.push(...one.offer(slots))
      const answer = (offset: number, outcome: Extract<Step, { do: 'answer' }>['outcome']) => {
        underWay.splice(underWay.indexOf(offset), 1)
        if (outcome === 'delivered' || outcome === 'refused') ended.push(offset)
        for (const effect of one.answer(offset, outcome))
          if (effect.kind === 'append-dead-letter')
            one.acknowledgeDeadLetter(effect.ref.kind === 'fence' ? -1 : effect.ref.offset)
      }
      const run = (step: Step) => {
        switch (step.do) {
          case 'read':
            one.read(...step.keys.map((key) => record(keys.push(key) - 1, key)))
            break
          case 'offer':
            offer(step.slots)
            break
          case 'answer': {
            const offset = underWay[step.nth % Math.max(1, underWay.length)]
            if (offset !== undefined) answer(offset, step.outcome)
            break
          }
          case 'filter':
            moduli.push(step.modulo)
            one.apply({ kind: 'policy', policy: policyOf(one.pair.policy, step.modulo) })
            break
          case 'judge':
            one.apply({ kind: 'judge-again', most: step.most })
            break
          case 'settle':
            one.settle()
            break
          case 'later':
            nowMs += step.ms
            one.at(nowMs)
            break
          default:
            step satisfies never
        }
      }
      steps.forEach(run)
      one.apply({ kind: 'judge-again', most: 10_000 })
      for (let round = 0; one.pair.table.count.waiting > 0; round += 1) {
        assert.ok(round < 10_000, `${one.pair.table.count.waiting} wait for ever`)
        nowMs += 1_000
        one.at(nowMs)
        one.settle()
        offer(100)
        for (const offset of [...underWay]) answer(offset, 'delivered')
      }
      one.settle()
      one.commit()
      assert.equal(one.pair.table.window.unfinished.size, 0)
      assert.equal(one.pair.table.count.inboxBytes, 0)
      const seen = new Set(ended)
      keys.forEach((_, offset) => {
        const isWantedByAll = moduli.every((modulo) => offset % modulo !== 0)
        assert.ok(!isWantedByAll || seen.has(offset), `${offset} is lost`)
      })
      for (const ofKey of Map.groupBy(seen, (offset) => keys[offset]).values()) {
        assert.deepEqual(
          ofKey,
          [...ofKey].sort((a, b) => a - b),
        )
      }
    }),
    { numRuns: 500 },
  )
})

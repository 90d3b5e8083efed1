import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { hasPark } from '../../../../services/consumer/pair/deliveries.ts'
import type { PairPolicy } from '../../../../services/consumer/pair/states.ts'
import { appends, pairUnderTest, record } from './pair-under-test.ts'

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

const evenIsUnwanted: PairPolicy['judge'] = ({ offset }) => (offset % 2 === 0 ? 'filtered' : 'deliver')

test('what waits behind a head that fails is parked only when the new filter has judged it', () => {
  const one = pairUnderTest()
  one.start()
  one.read(...[0, 1, 2, 3, 4].map((offset) => record(offset)))
  assert.deepEqual(one.offer(), [0])
  one.apply({ kind: 'policy', policy: { ...one.pair.policy, judge: evenIsUnwanted } })
  assert.deepEqual(appends(one.answer(0, 'failed')), ['park 0'])
  assert.deepEqual(appends(one.apply({ kind: 'judge-again', most: 2 })), [])
  assert.deepEqual(appends(one.read(record(5), record(6))), [], 'nor what comes behind them')
  assert.deepEqual(appends(one.apply({ kind: 'judge-again', most: 2 })), ['park 1', 'park 3', 'park 5'])
  one.settle()
  const delivered: number[] = []
  one.at(60_000)
  for (let offered = one.offer(); offered.length > 0; offered = one.offer()) {
    delivered.push(...offered)
    for (const offset of offered) one.answer(offset, 'delivered')
    one.settle()
  }
  assert.deepEqual(delivered, [0, 1, 3, 5])
  assert.equal(one.pair.table.window.unfinished.size, 0)
})

test('what was parked before the filter changed was accepted, and stays', () => {
  const one = pairUnderTest()
  one.start()
  one.read(record(0), record(1), record(2))
  one.offer()
  assert.deepEqual(appends(one.answer(0, 'failed')), ['park 0', 'park 1', 'park 2'])
  one.apply({ kind: 'policy', policy: { ...one.pair.policy, judge: evenIsUnwanted } })
  one.settle()
  assert.deepEqual(
    [0, 1, 2].map((offset) => one.state(offset)),
    ['parked', 'parked', 'parked'],
  )
})

test('whatever changes when: what every filter wanted is delivered, in order per key, and everything is finished', () => {
  fc.assert(
    fc.property(fc.array(anyStep, { minLength: 20, maxLength: 90, size: 'max' }), (steps) => {
      const one = pairUnderTest({ retry: { scheduleMs: [500], giveUpAfterMs: 100_000 } })
      one.start()
      const [keys, underWay, ended, moduli]: [string[], number[], number[], number[]] = [[], [], [], []]
      const unwanted = new Set<number>()
      let nowMs = 0
      const offer = (slots: number) => {
        const offered = one.offer(slots)
        for (const offset of offered) assert.ok(!unwanted.has(offset), `${offset} goes out unwanted`)
        underWay.push(...offered)
      }
      const notePolicy = (modulo: number) => {
        moduli.push(modulo)
        for (const delivery of one.pair.table.deliveries.values()) {
          unwanted.delete(delivery.offset)
          const isWaiting = delivery.state === 'queued' && delivery.attempts === 0 && !hasPark(delivery)
          if (isWaiting && delivery.offset % modulo === 0) unwanted.add(delivery.offset)
        }
      }
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
            notePolicy(step.modulo)
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

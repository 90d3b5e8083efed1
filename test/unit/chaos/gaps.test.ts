import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { gatherFacts } from '../../chaos/check/facts.ts'
import { lengthMs, longestGap, measureFaults, measureGaps } from '../../chaos/gaps.ts'
import type { HistoryLine } from '../../chaos/history.ts'
import { deliveredPerSecond, mostDeliveredWithin } from '../../chaos/rates.ts'
import { faultlessRun, scope } from './synthetic.ts'

describe('gaps', () => {
  it('are the longest time without a moment, the edges of the window included', () => {
    const window = { fromNs: 0, toNs: 100e6 }
    const gapOf = (...moments: number[]) => lengthMs(longestGap(Float64Array.from(moments), window))
    assert.equal(gapOf(10e6, 20e6, 70e6, 90e6), 50)
    assert.equal(gapOf(30e6, 90e6), 60)
    assert.equal(gapOf(), 100)
    assert.equal(gapOf(99e6, 140e6), 99)
  })

  it('end with a window that is cut, and else with the first moment behind it', () => {
    const [moments, window] = [Float64Array.of(10e6, 60e6, 200e6), { fromNs: 0, toNs: 100e6 }]
    assert.deepEqual(longestGap(moments, window), { fromNs: 60e6, toNs: 200e6 })
    assert.deepEqual(longestGap(moments, { ...window, isCut: true }), { fromNs: 10e6, toNs: 60e6 })
  })

  it('are told with the time in which they were, of equal ones the first', () => {
    const gap = longestGap(Float64Array.of(10e6, 40e6, 70e6), { fromNs: 5e6, toNs: 90e6 })
    assert.deepEqual(gap, { fromNs: 10e6, toNs: 40e6 })
  })

  it('of a pause in the middle of a run at the receiver is seen there only', async () => {
    const paused = faultlessRun(1, 100).map((line) =>
      'arrivedNs' in line && line.ns > 200e6 ? { ...line, ns: line.ns + 3e9, arrivedNs: line.arrivedNs + 3e9 } : line,
    )
    const gaps = measureGaps(await gatherFacts(paused), scope)
    assert.deepEqual(gaps, { ackMs: 4, deliveryMs: 3004, partitionMs: 3004 })
  })

  it('of a subscription begin when it is there', async () => {
    const facts = await gatherFacts(faultlessRun(1, 100).filter((line) => line.op !== 'receive' || line.ns > 300e6))
    assert.ok(measureGaps(facts, scope).deliveryMs > 290)
    assert.ok(measureGaps(facts, { ...scope, sinceNs: 299e6 }).deliveryMs < 10)
    const before = { fromNs: 0, toNs: 100e6 }
    assert.equal(measureGaps(facts, { ...scope, sinceNs: 299e6 }, { ...before, isCut: true }).deliveryMs, 0)
  })
})

describe('the cost of a fault', () => {
  it('is the longest gap of a partition and the repeats until the next fault', async () => {
    const faultAt = (atMs: number): HistoryLine => {
      const seen = { run: 'r', actor: 'driver', ns: atMs * 1e6 }
      return { op: 'fault', ...seen, fault: 'kill-consumer', victim: `consumer at ${atMs}` }
    }
    const lines = faultlessRun(1, 100).flatMap((line): HistoryLine[] =>
      line.op === 'receive' && line.ns > 200e6 && line.ns < 210e6 ? [line, { ...line, ns: line.ns + 1e6 }] : [line],
    )
    const costs = measureFaults(await gatherFacts([...lines, faultAt(100), faultAt(300)]), scope)
    assert.deepEqual(
      costs.map(({ victim, duplicates }) => [victim, duplicates]),
      [
        ['consumer at 100', 2],
        ['consumer at 300', 0],
      ],
    )
    assert.equal(costs[0]?.partitionMs, 4)
  })
})

describe('the rate of some keys', () => {
  it('counts what was delivered while the load lasted, once', async () => {
    const seconds = (2 * 500 - 1) * 4e-3
    const twice = faultlessRun(2, 500).flatMap((line): HistoryLine[] => (line.op === 'receive' ? [line, line] : [line]))
    const rateOf = async (lines: HistoryLine[]) =>
      deliveredPerSecond(await gatherFacts(lines), scope, (key) => key === 'k0') * seconds
    assert.equal(Math.round(await rateOf(twice)), 500)
    const late = twice.map((line) => (line.op === 'receive' ? { ...line, ns: line.ns + 1e9 } : line))
    assert.equal(Math.round(await rateOf(late)), 375)
  })
})

describe('the busiest moment of a run', () => {
  it('counts deliveries in a sliding window', async () => {
    // One delivery every 4 ms: six within 20 ms, and three more of the last one.
    const last = faultlessRun(1, 100).findLast((line) => line.op === 'receive')
    const facts = await gatherFacts([...faultlessRun(1, 100), ...(last === undefined ? [] : [last, last, last])])
    assert.equal(mostDeliveredWithin(facts, scope, 20), 9)
    assert.equal(mostDeliveredWithin(await gatherFacts(faultlessRun(1, 100)), scope, 20), 6)
  })
})

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { boundPerFault } from '../../chaos/allowances.ts'
import { gatherFacts } from '../../chaos/check/facts.ts'
import { judge, judgeRun } from '../../chaos/check/judge.ts'

import type { FaultFigures, Figures, Gap, Run } from '../../chaos/figures/figures.ts'
import { measure } from '../../chaos/figures/measure.ts'
import { bucketSizeMs, counted } from '../../chaos/figures/timeline.ts'
import { kindsOf, totalsOf } from '../../chaos/figures/totals.ts'
import type { HistoryLine } from '../../chaos/history.ts'
import { altered, faultlessRun, scope } from './synthetic.ts'

const seen = { run: 'r', actor: 'driver' }
const faultAt = (atMs: number, fault = 'kill-broker'): HistoryLine => ({
  ...seen,
  ...{ op: 'fault', ns: atMs * 1e6, fault, victim: 'kafka-2' },
})
const wholeAt = (atMs: number): HistoryLine => ({ ...seen, op: 'whole', ns: atMs * 1e6 })

/** Everything after `fromMs` happens `byMs` later, as if nobody had answered meanwhile. */
const delayed = (lines: readonly HistoryLine[], fromMs: number, byMs: number): HistoryLine[] =>
  lines.map((line) => (line.op === 'receive' && line.ns > fromMs * 1e6 ? { ...line, ns: line.ns + byMs * 1e6 } : line))

async function figuresOf(lines: readonly HistoryLine[]): Promise<Figures> {
  const facts = await gatherFacts(lines)
  const judgement = judge(facts, scope, boundPerFault(facts, scope))
  const published = { due: 400, acknowledged: 400, failedRequests: 0, abandoned: 0 }
  const ofRun = judgeRun(facts, [judgement])
  const told = { ofRun, complaint: '', figures: [], folder: '' }
  return measure({ facts, published, judgements: [{ scope, judgement }], ...told }, ['clean'])
}

describe('the figures of a run', () => {
  it('count what became of the events of each subscription', async () => {
    const [subscription, ...others] = (await figuresOf(faultlessRun(4, 100))).subscriptions
    assert.equal(others.length, 0)
    const { name, holds, acknowledged, delivered, deadLettered, lost, duplicated, outOfOrder } = subscription ?? {}
    const counts = { name, holds, acknowledged, delivered, deadLettered, lost, duplicated, outOfOrder }
    const none = { deadLettered: 0, lost: 0, duplicated: 0, outOfOrder: 0 }
    assert.deepEqual(counts, { name: 'clean', holds: true, acknowledged: 400, delivered: 400, ...none })
  })

  it('tell of a fault how long nothing came, when, until when all was whole, and what should have been', async () => {
    const lines = delayed(faultlessRun(4, 100), 200, 5_000)
    const { faults } = await figuresOf([...lines, faultAt(198), wholeAt(6_000)])
    const [{ fault, row, victim, atMs, wholeMs, delivery, targets }] = faults as [FaultFigures]
    assert.deepEqual(
      { fault, row, victim, atMs, wholeMs },
      { ...{ fault: 'kill-broker', row: 'K1', victim: 'kafka-2' }, atMs: 198, wholeMs: 6_000 },
    )
    assert.deepEqual({ ...delivery, ms: Math.round(delivery.ms) }, { ms: 5_004, fromMs: 199, of: 'clean' })
    assert.equal(targets.deliveryMs, 3_500)
  })

  it('name the events that broke an invariant, and how many there are', async () => {
    const lost = altered(faultlessRun(4, 100), { op: 'receive', id: 'r-p1-k1-50' }, () => undefined)
    const { verdicts } = await figuresOf(lost)
    const broken = verdicts.filter(({ holds }) => !holds)
    assert.deepEqual(
      broken.map(({ invariant, name, offences, first }) => [invariant, name, offences, first[0]?.id]),
      [['I1', 'clean', 1, 'r-p1-k1-50']],
    )
  })

  it('count per stretch of time, so that the sums are those of the run', async () => {
    const { timeline } = await figuresOf(delayed(faultlessRun(4, 100), 200, 2_000))
    assert.equal(timeline.bucketMs, 250)
    assert.deepEqual(timeline.acknowledged.slice(0, 2), [63, 62])
    const [delivered] = timeline.delivered
    assert.deepEqual([delivered?.name, delivered?.counts.reduce((a, b) => a + b)], ['clean', 400])
    assert.deepEqual(delivered?.counts.slice(1, 8), [0, 0, 0, 0, 0, 0, 0])
  })
})

describe('the stretches of a timeline', () => {
  it('are as fine as a screen can show', () => {
    assert.deepEqual([bucketSizeMs(60_000), bucketSizeMs(900_000), bucketSizeMs(1_800_000)], [250, 1_000, 2_000])
  })

  it('begin with what happened at their beginning', () => {
    const grid = { fromNs: 10, bucketNs: 5, buckets: 2 }
    assert.deepEqual(counted(Float64Array.of(9, 10, 14.9, 15, 19, 20), grid), [2, 2])
  })
})

const gap = (ms: number): Gap => ({ ms, fromMs: 0, of: 'clean' })

const step = (fault: string, gapMs: number, ...repeated: [number, number][]): FaultFigures => ({
  ...{ fault, row: null, victim: 'consumer-1', atMs: 0, wholeMs: 1, targets: { partitionMs: 600 } },
  ...{ ack: gap(gapMs), delivery: gap(2 * gapMs), partition: gap(3 * gapMs) },
  repeated: repeated.map(([count, most]) => ({ name: 'clean', count, most })),
})

describe('the figures of all faults of a kind', () => {
  it('have the spread of the gaps, the missed targets, the repeats and the one nearest to its bound', () => {
    const steps = [step('none', 5, [0, 0]), step('kill-consumer', 100, [3, 100], [10, 200])]
    const [kind, control] = kindsOf([...steps, step('kill-consumer', 300, [9, 100], [0, 200])])
    assert.deepEqual([kind?.fault, kind?.count, kind?.repeated], ['kill-consumer', 2, 22])
    assert.deepEqual(kind?.partition, { median: 300, p95: 900, most: 900, target: 600, missed: 1 })
    assert.deepEqual(kind?.nearest, { name: 'clean', count: 9, most: 100 })
    assert.deepEqual([control?.fault, control?.count, control?.victim], ['none', 1, 'consumer-1'])
  })
})

describe('the figures of several runs', () => {
  it('are sums, with each invariant over all of them', async () => {
    const run = (figures: Figures, complaint: string): Run => ({
      ...{ title: 'kill-broker', round: 0, startedAt: '', seconds: 1, notes: [] },
      ...{ figures: [figures], complaint },
    })
    const whole = await figuresOf([...faultlessRun(4, 100), faultAt(100), faultAt(200, 'none')])
    const lost = altered(faultlessRun(4, 100), { op: 'receive', id: 'r-p1-k1-50' }, () => undefined)
    const totals = totalsOf([run(whole, ''), run(await figuresOf(lost), 'I1')])
    const { runs, failed, faults, controls, acknowledged, lost: missing } = totals
    assert.deepEqual(
      { runs, failed, faults, controls, acknowledged },
      { ...{ runs: 2, failed: 1 }, faults: 1, controls: 1, acknowledged: 800 },
    )
    assert.equal(missing, 1)
    assert.deepEqual(
      totals.invariants
        .filter(({ broken }) => broken > 0)
        .map(({ invariant, judged, offences }) => [invariant, judged, offences]),
      [['I1', 800, 1]],
    )
    const order = totals.invariants.map(({ invariant }) => Number(invariant.slice(1)))
    assert.deepEqual(
      order,
      order.toSorted((a, b) => a - b),
    )
  })
})

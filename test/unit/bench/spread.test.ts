import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { spreadOf } from '../../bench/spread.ts'

describe('the spread of latencies', () => {
  it('names values that occurred, whatever their order', () => {
    const values = Array.from({ length: 1_000 }, (_, index) => 1_000 - index)
    assert.deepEqual(spreadOf(values), { p50: 500, p99: 990, p999: 999, max: 1_000 })
  })

  it('is that value where there is only one, and no number where there is none', () => {
    assert.deepEqual(spreadOf([7]), { p50: 7, p99: 7, p999: 7, max: 7 })
    assert.ok(Object.values(spreadOf([])).every(Number.isNaN))
  })
})

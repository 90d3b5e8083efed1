import assert from 'node:assert/strict'
import { test } from 'node:test'
import { trendOf } from '../../../services/console/lag.ts'

test('a lag shrinks as fast as more goes out than comes in, and grows or stays otherwise', () => {
  assert.deepEqual(trendOf(600, 100, 160), { lagTrend: 'shrinking', catchUpSeconds: 10 })
  assert.deepEqual(trendOf(600, 160, 100), { lagTrend: 'growing', catchUpSeconds: null })
  assert.deepEqual(trendOf(600, 100, 100.2), { lagTrend: 'steady', catchUpSeconds: null })
  assert.deepEqual(trendOf(0, 0, 0), { lagTrend: 'steady', catchUpSeconds: null })
  assert.deepEqual(trendOf(5, null, 3), { lagTrend: null, catchUpSeconds: null })
})

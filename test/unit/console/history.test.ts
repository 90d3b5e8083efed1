import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Console } from '../../../services/console/context.ts'
import { readHistory } from '../../../services/console/history.ts'

const minuteMs = 60_000
const first = 29_000_000
const nowMs = (first + 10) * minuteMs + 30_000

/** The index begins at `first`; a sum of minute 3 and 4, a gauge of minute 4. */
const rows = [
  { series: 'stored/orders', minute: first + 3, value: 5 },
  { series: 'stored/orders', minute: first + 4, value: 2 },
  { series: 'lag/billing', minute: first + 4, value: 7.5 },
]
const console = {
  index: {
    ask: async (name: string, args: { series: string[] }) =>
      name === 'readMinutes'
        ? rows.filter(({ series }) => args.series.includes(series))
        : name === 'firstMinute'
          ? first
          : { completeToMs: nowMs, oldestMs: 0 },
  },
} as unknown as Console
const ask = (query: object) => readHistory(console, { stepSeconds: 60, ...query }, nowMs)
const since = new Date((first - 2) * minuteMs).toISOString()

test('nothing is zero where it was counted, and unknown before the index and for what is only looked at', async () => {
  const { series, since: from } = await ask({ series: 'stored/orders,lag/billing', since })
  assert.equal(from, since)
  const [stored, lag] = series
  assert.deepEqual(stored?.values, [null, null, 0, 0, 0, 5, 2, 0, 0, 0, 0, 0, 0])
  assert.deepEqual(
    lag?.values.map((value) => value ?? -1).filter((value) => value >= 0),
    [7.5],
  )
  assert.deepEqual([stored?.kind, lag?.kind], ['sum', 'gauge'])
})

test('longer steps add up sums', async () => {
  const { series, stepSeconds } = await ask({ series: 'stored/orders', since, stepSeconds: 300 })
  assert.equal(stepSeconds, 300)
  assert.equal(
    series[0]?.values.reduce((sum: number, value) => sum + (value ?? 0), 0),
    7,
  )
})

test('refuses series that do not exist, none, too many, and too many steps', async () => {
  const refused = { code: 'request-malformed' }
  await assert.rejects(ask({ series: 'nonsense/x' }), refused)
  await assert.rejects(ask({ series: ' ,' }), refused)
  await assert.rejects(ask({}), refused)
  await assert.rejects(ask({ series: Array.from({ length: 21 }, (_, n) => `lag/${n}`).join() }), refused)
  await assert.rejects(ask({ series: 'lag/x', since: new Date(nowMs - 6 * 86_400_000).toISOString() }), refused)
})

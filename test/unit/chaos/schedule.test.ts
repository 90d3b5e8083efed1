import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { gatherFacts } from '../../chaos/check/facts.ts'
import { checkSchedule } from '../../chaos/check/schedule.ts'
import type { FaultLine, HistoryLine, ReceiveLine, RetryLine } from '../../chaos/history.ts'
import { faultlessEvent, scope } from './synthetic.ts'

const id = 'r-p1-k0-0'
const event = faultlessEvent('k0', 0, 0)
const scheduleMs = [1_000, 5_000, 25_000]
/** Of the first failure and of its park. */
const [failedMs, parkedMs] = [10, 40]

const received = event.find((line): line is ReceiveLine => line.op === 'receive') as ReceiveLine
const park: RetryLine = {
  ...{ op: 'retry', run: 'r', actor: 'tap', ns: parkedMs * 1e6, subscription: scope.subscription, kind: 'park' },
  ...{ topic: 'tailrace.retry.billing.k3v9q2', partition: 0, offset: 1, owner: 'me' },
  source: { topic: 'tailrace.events.orders', partition: 0, offset: 0 },
}

/** The verdict on attempts at these ages, ms after the park. */
async function judged(agesMs: readonly number[], more: readonly HistoryLine[] = []): Promise<string[]> {
  const moments = [failedMs, ...agesMs.map((ageMs) => parkedMs + ageMs)]
  const attempts = moments.map((atMs, index): ReceiveLine => {
    const last = index === moments.length - 1
    return { ...received, arrivedNs: atMs * 1e6, ns: atMs * 1e6, status: last ? 204 : 500 }
  })
  const facts = await gatherFacts([...event.filter(({ op }) => op !== 'receive'), park, ...attempts, ...more])
  return checkSchedule(facts, scope, { id, scheduleMs }).offences.map(({ what }) => what)
}

describe('the checker of a schedule', () => {
  it('accepts attempts at the points, up to a tenth of the gap late', async () => {
    assert.deepEqual(await judged([1_000, 5_100, 26_900]), [])
  })

  it('sees a point that was left out', async () => {
    assert.deepEqual(await judged([1_000, 25_100]), ['not tried at 5000 ms'])
  })

  it('sees attempts between the points', async () => {
    assert.deepEqual(await judged([500, 1_000, 5_100, 15_000]), [
      'tried at 500 ms, which is no point',
      'tried at 15000 ms, which is no point',
    ])
  })

  it('lets points pass while nobody owns the partition, and only then', async () => {
    const fault: FaultLine = {
      ...{ op: 'fault', run: 'r', actor: 'driver', ns: (parkedMs + 2_000) * 1e6 },
      ...{ fault: 'kill-all-consumers', victim: 'consumer-1' },
    }
    const againAt = (ageMs: number): ReceiveLine => {
      const ns = (parkedMs + ageMs) * 1e6
      return { ...received, id: 'r-p1-k1-0', arrivedNs: ns, ns }
    }
    assert.deepEqual(await judged([1_000, 26_900], [fault, againAt(9_000)]), [])
    const steadily = Array.from({ length: 62 }, (_, index) => againAt(2_500 + index * 400))
    assert.deepEqual(await judged([1_000, 26_900], [fault, ...steadily]), ['not tried at 5000 ms'])
  })
})

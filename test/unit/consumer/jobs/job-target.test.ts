import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Subscription } from '#shared/catalog/model.ts'
import { jobConcurrency, jobRate } from '../../../../services/consumer/jobs/job-target.ts'

const limited = (perSecond: number | null) =>
  ({ delivery: { rateLimit: perSecond === null ? null : { perSecond, burst: 1 } } }) as Subscription

test('a job has a quarter of the concurrency and of the rate limit, and never nothing', () => {
  const concurrencies = [1, 3, 8, 64].map((concurrency) =>
    jobConcurrency({ delivery: { concurrency } as Subscription['delivery'] }),
  )
  assert.deepEqual(concurrencies, [1, 1, 2, 16])
  for (const [asked, limit, expected] of [
    [null, null, null],
    [50, null, 50],
    [null, 200, 50],
    [20, 200, 20],
    [500, 200, 50],
    [null, 1, 1],
  ] as const) {
    assert.equal(jobRate({ ratePerSecond: asked }, limited(limit)), expected, `${asked} of ${limit}`)
  }
  assert.equal(jobRate({ ratePerSecond: 5 }, null), 5)
})

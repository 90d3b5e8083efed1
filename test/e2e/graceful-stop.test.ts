import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import { openExperiment } from '../chaos/experiment.ts'
import { inject } from '../chaos/faults.ts'
import { report } from '../chaos/report.ts'
import { defer } from '../support/defer.ts'
import { untilHealthy } from '../support/health.ts'
import { useStack } from '../support/stack.ts'

const load = { ratePerSecond: 200, seconds: 12, keys: 100 }

describe('a producer and a consumer that are asked to stop under load', () => {
  it('fail no publish request and repeat no delivery', async (t) => {
    const stack = await useStack(t)
    await untilHealthy(stack)
    const experiment = await openExperiment(stack)
    defer(t, () => experiment.close())
    const publisher = experiment.publish(load)
    for (const name of ['term-producer', 'term-consumer'] as const) {
      // Not a wait for something: the load has to run between the faults.
      await pause(3000)
      await inject(stack, experiment, { name, round: 1 })
    }
    const outcome = await experiment.conclude(publisher.finished, { allowedDuplicates: 0 })
    t.diagnostic(report(outcome))
    assert.equal(outcome.complaint, '')
    assert.equal(outcome.published.failedRequests, 0)
  })
})

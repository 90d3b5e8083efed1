import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import { inject } from '../chaos/faults.ts'
import { report } from '../chaos/report.ts'
import { useExperiment } from './fixture.ts'

const load = { ratePerSecond: 200, seconds: 12, keys: 100 }

describe('a producer and a consumer that are asked to stop under load', () => {
  it('fail no publish request and repeat no delivery', async (t) => {
    const { stack, experiment } = await useExperiment(t)
    const publisher = experiment.publish(load)
    for (const name of ['term-producer', 'term-consumer'] as const) {
      // Not a wait for something: the load has to run between the faults.
      await pause(3000)
      await inject(stack, experiment, { name, round: 1 })
    }
    const outcome = await experiment.conclude(publisher.finished, { allowedDuplicates: 0 })
    t.diagnostic(report(outcome))
    assert.equal(outcome.complaint, '')
  })
})

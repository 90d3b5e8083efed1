import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import { ownersOf } from '../chaos/faults/owners.ts'
import { inject } from '../chaos/faults.ts'
import { report } from '../chaos/report.ts'
import { addedService } from '../support/added-consumers.ts'
import { defer } from '../support/defer.ts'
import { until } from '../support/until.ts'
import { useExperiment } from './fixture.ts'

const load = { ratePerSecond: 60, seconds: 20, keys: 60 }

describe('a consumer that is added under load and removed again', () => {
  it('takes partitions over and hands them back: nothing is lost, out of order or delivered twice', async (t) => {
    const { stack, experiment } = await useExperiment(t)
    defer(t, () => stack.added.endAll())
    const publisher = experiment.publish(load)
    const [{ scope } = assert.fail('no subscription')] = experiment.courses
    await until('events flow', () => publisher.progress().acknowledged > load.ratePerSecond)
    await inject(stack, experiment, { name: 'add-consumer', round: 0 })
    await until('it owns something', async () => {
      const owners = [...(await ownersOf(stack, scope.subscription)).values()]
      return owners.some(({ service }) => service === addedService)
    })
    // Not a wait for something: the load has to run while it owns partitions.
    await pause(3000)
    await inject(stack, experiment, { name: 'remove-consumer', round: 0 })
    // Producers may be too busy for a request: this is about what became of those that they took.
    const outcome = await experiment.conclude(publisher.finished, { allowedDuplicates: 0, mayFailRequests: true })
    t.diagnostic(report(outcome))
    assert.equal(outcome.complaint, '')
    const { reigns = 0 } = outcome.judgements[0]?.judgement.counts ?? {}
    assert.ok(reigns > 6, `${reigns} ownerships of 6 partitions`)
  })
})

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { openResources } from '#shared/lifecycle.ts'
import { allowedDuplicates } from '../chaos/allowances.ts'
import { openExperiment } from '../chaos/experiment.ts'
import { inject } from '../chaos/faults.ts'
import { startPrepared } from '../chaos/prepared-stack.ts'
import { costsOf, report } from '../chaos/report.ts'
import { defer } from '../support/defer.ts'
import { untilHealthy } from '../support/health.ts'

const load = { ratePerSecond: 200, seconds: 20, keys: 100 }

describe('brokers whose answers to writes get lost', () => {
  it('have every event once, and deliver it once and in order', async (t) => {
    const resources = openResources((name, error) => t.diagnostic(`${name} did not stop: ${error}`))
    defer(t, resources.close)
    const { stack, prepared } = await startPrepared(['proxies'], resources)
    await untilHealthy(stack)
    const experiment = await openExperiment(stack)
    defer(t, () => experiment.close())
    const publisher = experiment.publish(load)
    await inject(stack, experiment, { name: 'lose-produce-replies', round: 0, prepared })
    const limits = { allowedDuplicates: allowedDuplicates(['lose-produce-replies']) }
    const outcome = await experiment.conclude(publisher.finished, limits)
    t.diagnostic(report(outcome))
    assert.equal(outcome.complaint, '')
    assert.match(costsOf(outcome)[0]?.victim ?? '', /^[1-9]\d* answers of \d+$/)
    assert.equal(outcome.judgements[0]?.judgement.counts.appendedAgain, 0)
  })
})

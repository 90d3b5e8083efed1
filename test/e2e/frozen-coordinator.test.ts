import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import { freezeCoordinator } from '../chaos/faults/freeze-coordinator.ts'
import { measureFaults } from '../chaos/gaps.ts'
import { report } from '../chaos/report.ts'
import { defer } from '../support/defer.ts'
import { untilHealthy } from '../support/health.ts'
import { useExperiment } from './fixture.ts'

const load = { ratePerSecond: 100, seconds: 26, keys: 100 }
const frozenMs = 20_000
/**
 * Who waits for it waits for the whole of that. Where it also led and was the active controller, one partition went on after
 * 7 s on two busy cores: 5 s of that are time-outs, the rest is work, which is slower elsewhere.
 */
const leftBehindMs = 15_000
/** Partitions that change hands repeat what was delivered since the last commit, and nobody could commit meanwhile. */
const repeatedMs = 10_000

describe('the broker that coordinates a consumer group, frozen under load', () => {
  it('is left behind by the consumers long before it thaws; nothing is lost, order holds', async (t) => {
    const { stack, experiment } = await useExperiment(t)
    defer(t, () => untilHealthy(stack))
    const publisher = experiment.publish(load)
    // Not a wait for something: the load has to run before the fault.
    await pause(2_000)
    await freezeCoordinator({ stack, experiment, round: 0 }, { name: 'freeze-coordinator', ms: frozenMs })
    const allowedDuplicates = (load.ratePerSecond * repeatedMs) / 1_000
    const outcome = await experiment.conclude(publisher.finished, { allowedDuplicates })
    t.diagnostic(report(outcome))
    assert.equal(outcome.complaint, '')
    const [course] = outcome.judgements
    assert.ok(course)
    const [gaps] = measureFaults(outcome.facts, course.scope)
    assert.ok(gaps && gaps.partitionMs < leftBehindMs, `one partition stood still for ${gaps?.partitionMs} ms`)
  })
})

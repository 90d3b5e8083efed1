import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { openExperiment } from '../chaos/experiment.ts'
import { githubEvents } from '../chaos/load/github-events.ts'
import { report } from '../chaos/report.ts'
import { defer } from '../support/defer.ts'
import { useStack } from '../support/stack.ts'

describe('every GitHub payload, in every form, keyed by repository', () => {
  it('arrives byte for byte, verified, in order per key and exactly once', async (t) => {
    const experiment = await openExperiment(await useStack(t))
    defer(t, () => experiment.close())
    const events = githubEvents(experiment.run)
    assert.ok(events.length > 900, `only ${events.length} payloads were found`)
    const outcome = await experiment.conclude(experiment.publishEvents(events), { allowedDuplicates: 0 })
    t.diagnostic(report(outcome))
    assert.equal(outcome.complaint, '')
    assert.deepEqual(outcome.published, {
      due: events.length,
      acknowledged: events.length,
      failedRequests: 0,
      abandoned: 0,
    })
  })
})

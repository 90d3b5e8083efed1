import assert from 'node:assert/strict'
import { createRequire } from 'node:module'
import { describe, it } from 'node:test'
import { openExperiment } from '../chaos/experiment.ts'
import { forms, type OutgoingEvent, outgoingEvent } from '../chaos/load/event.ts'
import { report } from '../chaos/report.ts'
import { defer } from '../support/defer.ts'
import { useStack } from '../support/stack.ts'

type Example = { name: string; examples: { repository?: { full_name: string } }[] }

const examples = createRequire(import.meta.url)('@octokit/webhooks-examples/api.github.com/index.json') as Example[]

/** Every payload in every form, keyed by repository, as GitHub would print it. */
function everyPayload(run: string): OutgoingEvent[] {
  const next = new Map<string, number>()
  const payloads = examples.flatMap(({ name, examples: some }) => some.map((payload) => ({ name, payload })))
  return payloads.flatMap(({ name, payload }) =>
    forms.map((form) => {
      const key = payload.repository?.full_name ?? 'no-repository'
      const seq = next.get(key) ?? 0
      next.set(key, seq + 1)
      const data = { type: `com.github.${name}`, source: `/repos/${key}`, json: JSON.stringify(payload, null, 2) }
      return outgoingEvent({ run, publisher: 'p1', key, seq }, form, data)
    }),
  )
}

describe('every GitHub payload, in every form, keyed by repository', () => {
  it('arrives byte for byte, verified, in order per key and exactly once', async (t) => {
    const experiment = await openExperiment(await useStack(t))
    defer(t, () => experiment.close())
    const events = everyPayload(experiment.run)
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

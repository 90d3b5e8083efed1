import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import { allowedDuplicates } from '../chaos/allowances.ts'
import { inject } from '../chaos/faults.ts'
import { report } from '../chaos/report.ts'
import { defer } from '../support/defer.ts'
import { untilHealthy } from '../support/health.ts'
import { useExperiment } from './fixture.ts'

/** E2E_FULL=1 is the load that the promise is made for; the default finds the same defects in less time. */
const load =
  process.env.E2E_FULL === '1'
    ? { ratePerSecond: 1000, seconds: 60, keys: 500 }
    : { ratePerSecond: 300, seconds: 24, keys: 150 }

const names = ['kill-broker', 'kill-consumer', 'term-producer'] as const

describe('a broker and a consumer that die, and a producer that stops, under load', () => {
  it('cost no acknowledged event, no order and no publish request', async (t) => {
    const { stack, experiment } = await useExperiment(t)
    defer(t, () => untilHealthy(stack))
    const publisher = experiment.publish(load)
    for (const name of names) {
      // Not a wait for something: the load has to run between the faults.
      await pause((load.seconds * 1000) / (names.length + 1))
      await inject(stack, experiment, { name, round: 0 })
    }
    const outcome = await experiment.conclude(publisher.finished, {
      allowedDuplicates: allowedDuplicates(names),
    })
    t.diagnostic(report(outcome))
    assert.equal(outcome.complaint, '')
  })
})

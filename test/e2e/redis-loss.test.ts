import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import { inject } from '../chaos/faults.ts'
import { report } from '../chaos/report.ts'
import type { Stack } from '../support/stack.ts'
import { until } from '../support/until.ts'
import { useExperiment } from './fixture.ts'

const load = { ratePerSecond: 200, seconds: 15, keys: 100 }

/** Producers, consumers and the console, by pid. */
const services = async (stack: Stack) =>
  (await stack.processes()).filter((one) => one.adminUrl !== null).map(({ name, pid }) => `${name} ${pid}`)

describe('Redis killed under load', () => {
  it('fails no request and no delivery, and everybody uses it again when it is back, without a restart', async (t) => {
    const { stack, experiment } = await useExperiment(t)
    const before = await services(stack)
    const publisher = experiment.publish(load)
    for (let round = 0; round < 3; round += 1) {
      // Not a wait for something: the load has to run with Redis and without it.
      await pause(2500)
      await inject(stack, experiment, { name: 'kill-redis', round })
    }
    const outcome = await experiment.conclude(publisher.finished, { allowedDuplicates: 0 })
    t.diagnostic(report(outcome))
    assert.equal(outcome.complaint, '')
    const since = Date.now()
    await until('every instance sends heartbeats through Redis again', async () => {
      const { redis, instances } = await stack.api.state()
      const fresh = instances.filter((one) => Date.parse(one.lastHeartbeatAt) > since)
      return redis.up && redis.degraded.length === 0 && fresh.length >= 5
    })
    assert.deepEqual(await services(stack), before)
  })
})

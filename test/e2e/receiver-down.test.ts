import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import type { Facts } from '../chaos/check/facts.ts'
import { type Course, openExperiment } from '../chaos/experiment.ts'
import { measureGaps } from '../chaos/gaps.ts'
import { report } from '../chaos/report.ts'
import { defer } from '../support/defer.ts'
import { type Stack, useStack } from '../support/stack.ts'
import { until } from '../support/until.ts'

const load = { ratePerSecond: 100, seconds: 25, keys: 50 }
const watchedMs = 10_000
/** One probe every 5 s ± 20 % from each of two consumers: at most three each in 10 s, and a half more for a hold that begins anew. */
const mostProbes = 9

const untilHeld = (stack: Stack, { scope }: Course) =>
  until('the subscription is held', async () => {
    const { status } = await stack.api.subscription(scope.subscription)
    return status.phase === 'held' && status
  })

/** Events that were delivered at their first attempt, although they waited through the hold. */
function firstTries(facts: Facts, { scope }: Course): number {
  const receipts = [...(facts.receipts.get(scope.subscription)?.values() ?? [])].flat()
  return receipts.filter((one) => one.status === 204 && one.attempt === 1).length
}

describe('a receiver that is down', () => {
  it('gets nothing but probes, then everything in order, and the other subscription does not notice', async (t) => {
    const stack = await useStack(t)
    const experiment = await openExperiment(stack, { subscriptions: [{}, {}] })
    defer(t, () => experiment.close())
    const [down, well] = experiment.courses
    assert.ok(down !== undefined && well !== undefined)
    const publisher = experiment.publish(load)
    await until('events flow', () => down.receiver.progress().distinct > 50)

    await down.receiver.setMode({ kind: 'answer', status: 500 })
    const status = await untilHeld(stack, down)
    assert.equal(status.reason, 'all-targets-failing')
    assert.ok(Date.parse(status.nextProbeAt ?? '') > 0, `nextProbeAt is ${status.nextProbeAt}`)
    const before = down.receiver.progress().requests
    await pause(watchedMs)
    const probes = down.receiver.progress().requests - before
    assert.ok(probes > 0 && probes <= mostProbes, `${probes} requests in ${watchedMs} ms of hold`)

    await down.receiver.setMode({ kind: 'refuse' })
    await untilHeld(stack, down)
    await down.receiver.setMode({ kind: 'accept' })
    const outcome = await experiment.conclude(publisher.finished, { allowedDuplicates: 0 })
    t.diagnostic(report(outcome))
    assert.equal(outcome.complaint, '')
    assert.ok(firstTries(outcome.facts, down) > 0.8 * outcome.published.acknowledged, 'attempts were burned')
    const { deliveryMs } = measureGaps(outcome.facts, well.scope)
    assert.ok(deliveryMs < 1500, `the other subscription paused for ${deliveryMs} ms`)
    await until('the subscription is active', async () => {
      const { status: now } = await stack.api.subscription(down.scope.subscription)
      return now.phase === 'active'
    })
  })
})

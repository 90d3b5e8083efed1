import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { type Facts, receiptsOf } from '../chaos/check/facts.ts'
import type { Course } from '../chaos/experiment.ts'
import { measureGaps } from '../chaos/gaps.ts'
import { report } from '../chaos/report.ts'
import type { SubscriptionState } from '../support/api.ts'
import type { Stack } from '../support/stack.ts'
import { until } from '../support/until.ts'
import { useExperiment } from './fixture.ts'

const load = { ratePerSecond: 100, seconds: 15, keys: 50 }
const consumers = 2
/** 5 s less 20 %. A timer may fire 1 ms early. */
const shortestRestMs = 3_999
/** What the receiver answers once nothing but probes can come: its history tells probes by it. */
const probeStatus = 503

/**
 * Waits until every instance reports that its breaker is open and nothing is under way. The console shows `held` as soon
 * as one instance is, while the others still gather evidence of their own.
 */
const untilAllHold = (stack: Stack, { scope }: Course): Promise<SubscriptionState> =>
  until('every instance holds the subscription', async () => {
    const found = (await stack.api.state()).subscriptions.find(({ name }) => name === scope.subscription)
    const [target] = found?.targets ?? []
    const isQuiet = found?.partitions.every(({ inFlight }) => inFlight === 0)
    return isQuiet && target?.instances === consumers && target.openOn === consumers && found
  })

/** Ms between two probes that one instance sent one after the other. */
function restsMs(facts: Facts, { scope }: Course, { partitions }: SubscriptionState): number[] {
  const ownerOf = new Map(partitions.map(({ partition, owner }) => [partition, owner]))
  const receipts = [...receiptsOf(facts, scope).values()].flat()
  const probes = receipts.filter(({ status }) => status === probeStatus).sort((a, b) => a.arrivedNs - b.arrivedNs)
  const perInstance = [...Map.groupBy(probes, ({ partition }) => ownerOf.get(partition)).values()]
  return perInstance.flatMap((some) =>
    some.slice(1).map(({ arrivedNs }, index) => (arrivedNs - (some[index]?.arrivedNs ?? 0)) / 1e6),
  )
}

/** Events that were delivered at their first attempt, although they waited through the hold. */
function firstTries(facts: Facts, { scope }: Course): number {
  const receipts = [...receiptsOf(facts, scope).values()].flat()
  return receipts.filter((one) => one.status === 204 && one.attempt === 1).length
}

describe('a receiver that is down', () => {
  it('gets nothing but probes, then everything in order, and the other subscription does not notice', async (t) => {
    const { stack, experiment } = await useExperiment(t, { subscriptions: [{}, {}] })
    const [down, well] = experiment.courses
    assert.ok(down !== undefined && well !== undefined)
    const statusNow = async () => (await stack.api.subscription(down.scope.subscription)).status
    const publisher = experiment.publish(load)
    await until('events flow', () => down.receiver.progress().distinct > 50)

    await down.receiver.setMode({ kind: 'answer', status: 500 })
    const held = await untilAllHold(stack, down)
    const { phase, reason, nextProbeAt } = await statusNow()
    assert.deepEqual([phase, reason], ['held', 'all-targets-failing'])
    assert.ok(Date.parse(nextProbeAt ?? '') > 0, `nextProbeAt is ${nextProbeAt}`)
    await down.receiver.setMode({ kind: 'answer', status: probeStatus })
    const before = down.receiver.progress().requests
    await until('it was probed', () => down.receiver.progress().requests >= before + 2 * consumers)
    const published = publisher.progress().acknowledged
    await until('the other receiver has everything', () => well.receiver.progress().distinct >= published)

    await down.receiver.setMode({ kind: 'accept' })
    const outcome = await experiment.conclude(publisher.finished, { allowedDuplicates: 0 })
    t.diagnostic(report(outcome))
    assert.equal(outcome.complaint, '')
    const rests = restsMs(outcome.facts, down, held)
    assert.ok(rests.length >= consumers, `${rests.length} pairs of probes`)
    assert.ok(Math.min(...rests) >= shortestRestMs, `ms between probes of one instance: ${rests.join(', ')}`)
    assert.ok(firstTries(outcome.facts, down) > 0.8 * outcome.published.acknowledged, 'attempts were burned')
    const { deliveryMs } = measureGaps(outcome.facts, well.scope)
    assert.ok(deliveryMs < Math.min(...rests), `the other subscription paused for ${deliveryMs} ms, as if it were held`)
    await until('the subscription is active', async () => (await statusNow()).phase === 'active')
  })
})

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import { allowedDuplicates } from '../chaos/allowances.ts'
import type { Facts } from '../chaos/check/facts.ts'
import { inject } from '../chaos/faults.ts'
import { report } from '../chaos/report.ts'
import { defer } from '../support/defer.ts'
import { untilHealthy } from '../support/health.ts'
import type { Stack } from '../support/stack.ts'
import { until } from '../support/until.ts'
import { useExperiment } from './fixture.ts'

const load = { ratePerSecond: 200, seconds: 15, keys: 100 }
const events = 200

type Delivery = { subscription: string; state: string; because: string | null; attempts: number; position: string }
type Journey = { records: { position: string }[]; deliveries: Delivery[] }

describe('the journeys of a run in which a consumer was killed', () => {
  it('agree with what the receivers saw, and say why others saw nothing', async (t) => {
    const flaky = { mode: { kind: 'fail', of: { shareOfEvents: 0.02 }, times: 1, asksForRetry: true } } as const
    const members = { retry: { scheduleMs: [1_000] } }
    const { stack, experiment } = await useExperiment(t, { subscriptions: [{}, { ...flaky, members }] })
    defer(t, () => untilHealthy(stack))
    const { run, stream } = experiment
    const silent = { filtered: `${run}-none`, paused: `${run}-asleep` }
    const target = { destination: { targets: [{ url: 'http://127.0.0.1:1024/' }] } }
    await stack.api.putSubscription(silent.filtered, { stream, ...target, filter: { types: ['nothing.*'] } })
    await stack.api.putSubscription(silent.paused, { stream, ...target, paused: true })
    defer(t, async () => {
      for (const name of Object.values(silent)) await stack.api.deleteSubscription(name)
    })
    const publisher = experiment.publish(load)
    // Not a wait for something: the load has to run before and after the fault.
    await pause((load.seconds * 1_000) / 2)
    await inject(stack, experiment, { name: 'kill-consumer', round: 0 })
    const outcome = await experiment.conclude(publisher.finished, {
      allowedDuplicates: allowedDuplicates(['kill-consumer']),
    })
    t.diagnostic(report(outcome))
    assert.equal(outcome.complaint, '')
    await untilIndexed(stack, Date.now())
    const received = experiment.courses.map(({ scope }) => scope.subscription)
    const wrong = await disagreements(stack, { facts: outcome.facts, stream, received, silent })
    assert.deepEqual(wrong, [])
  })
})

/** Waits until the index has read to where the log ended at that time. */
function untilIndexed({ api }: Stack, ms: number): Promise<boolean> {
  return until('the index knows the run', async () => {
    const { text } = await api.call({ method: 'GET', path: '/v1/events?limit=1' })
    const { indexCompleteTo } = JSON.parse(text) as { indexCompleteTo: string | null }
    return Date.parse(indexCompleteTo ?? '') >= ms
  })
}

type Run = { facts: Facts; stream: string; received: readonly string[]; silent: { filtered: string; paused: string } }

/** Of random events, what the API says otherwise than the receivers. */
async function disagreements(stack: Stack, { facts, stream, received, silent }: Run): Promise<string[]> {
  const all = [...(facts.log ?? [])].flatMap(([id, lines]) => lines.map((line) => ({ id, line })))
  assert.ok(all.length >= events, `${all.length} events are in the log`)
  const wrong: string[] = []
  for (let n = 0; n < events; n += 1) {
    const chosen = all[Math.floor(Math.random() * all.length)]
    if (chosen === undefined) continue
    const { id, line } = chosen
    const position = `${stream}-${line.partition}-${line.offset}`
    const { status, text } = await stack.api.call({ method: 'GET', path: `/v1/events/${position}` })
    if (status !== 200) {
      wrong.push(`${position}: ${status} ${text}`)
      continue
    }
    const { deliveries } = JSON.parse(text) as Journey
    const of = (name: string) => deliveries.find((one) => one.subscription === name && one.position === position)
    for (const name of received) {
      const seen = (facts.receipts.get(name)?.get(id) ?? []).filter(
        ({ partition, offset }) => partition === line.partition && offset === line.offset,
      )
      const expected = seen.some(({ status: answer }) => answer < 300) ? 'delivered' : 'not delivered'
      const told = of(name)
      if (told?.state !== expected)
        wrong.push(`${position} for ${name}: ${told?.state} (${told?.because}), but ${expected}`)
      // The instance that was killed could not tell of its last ones.
      else if (told.attempts < 1 || told.attempts > seen.length)
        wrong.push(`${position} for ${name}: ${told.attempts} attempts of ${seen.length}`)
    }
    if (of(silent.filtered)?.state !== 'filtered')
      wrong.push(`${position}: ${of(silent.filtered)?.state}, but filtered`)
    if (of(silent.paused)?.state !== 'paused') wrong.push(`${position}: ${of(silent.paused)?.state}, but paused`)
  }
  return wrong
}

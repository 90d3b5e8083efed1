import assert from 'node:assert/strict'
import { rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { costsOf, report } from '../chaos/report.ts'
import { defer } from '../support/defer.ts'
import { untilHealthy, untilRestarted } from '../support/health.ts'
import { isAlive, type Stack } from '../support/stack.ts'
import { until } from '../support/until.ts'
import { useExperiment } from './fixture.ts'
import { disagreements, loggedEvents, receivedState } from './journeys.ts'

/** At most so long: it ends when the index is complete again. */
const load = { ratePerSecond: 100, seconds: 120, keys: 100 }

describe('a console that is killed under traffic and loses its index', () => {
  it('builds it again from the log, every journey in it; ingest and delivery go on meanwhile', async (t) => {
    const flaky = { mode: { kind: 'fail', of: { shareOfEvents: 0.02 }, times: 1, asksForRetry: true } } as const
    const members = { retry: { scheduleMs: [1_000] } }
    const { stack, experiment } = await useExperiment(t, { subscriptions: [{}, { ...flaky, members }] })
    defer(t, () => untilHealthy(stack))
    const index = join(stack.dir, 'index')
    const publisher = experiment.publish(load)
    await until('the index holds some of it', async () => (await known(stack, experiment.stream)).length > 100)

    experiment.mark('kill-console', 'console-1')
    const before = identityOf(index)
    const victim = await stack.kill('console-1', 'SIGKILL')
    await until('it is gone', () => !isAlive(victim.pid))
    rmSync(index, { recursive: true })
    const beganMs = Date.now()
    await untilRestarted(stack, victim)
    const completeTo = () => indexCompleteTo(stack, experiment.stream)
    await until('the index is complete again', async () => (await completeTo()) > beganMs)
    const rebuiltMs = Date.now() - beganMs
    assert.notEqual(identityOf(index), before, 'the index is another one')
    assert.ok(publisher.progress().due < load.ratePerSecond * load.seconds, 'the load goes on')
    publisher.end()

    const outcome = await experiment.conclude(publisher.finished, { allowedDuplicates: 0 })
    t.diagnostic(report(outcome))
    t.diagnostic(`complete again after ${rebuiltMs} ms, killed process and start included`)
    assert.equal(outcome.complaint, '')
    for (const { ackMs, deliveryMs } of costsOf(outcome)) {
      const longestMs = Math.max(ackMs, deliveryMs)
      assert.ok(longestMs < rebuiltMs, `paused for ${longestMs} ms, as if something had waited for the console`)
    }
    const endedMs = Date.now()
    await until('the index knows the end', async () => (await completeTo()) > endedMs)
    const all = loggedEvents(outcome.facts)
    const expected = Object.fromEntries(
      experiment.courses.map(({ scope }) => [scope.subscription, receivedState(outcome.facts, scope.subscription)]),
    )
    const { wrong, seen } = await disagreements({ api: stack.api, expected }, all)
    assert.deepEqual(wrong, [])
    assert.equal(seen.get('delivered'), all.length * experiment.courses.length)
    t.diagnostic(`${all.length} journeys agree`)
  })
})

async function ask<T>({ api }: Stack, stream: string): Promise<T | undefined> {
  const { status, text } = await api.call({ method: 'GET', path: `/v1/events?stream=${stream}&limit=500` })
  return status === 200 ? JSON.parse(text) : undefined
}

const known = async (stack: Stack, stream: string) => (await ask<{ items: unknown[] }>(stack, stream))?.items ?? []

async function indexCompleteTo(stack: Stack, stream: string): Promise<number> {
  const answer = await ask<{ indexCompleteTo: string | null }>(stack, stream)
  return Date.parse(answer?.indexCompleteTo ?? '')
}

/** A file that was made anew is another one. */
function identityOf(folder: string): string {
  const { ino, birthtimeMs } = statSync(join(folder, 'index.db'))
  return `${ino} ${birthtimeMs}`
}

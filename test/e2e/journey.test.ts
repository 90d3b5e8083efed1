import assert from 'node:assert/strict'
import { describe, it, type TestContext } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import { pino } from 'pino'
import { openAdmin } from '#shared/kafka/admin.ts'
import { allowedDuplicates } from '../chaos/allowances.ts'
import type { Experiment } from '../chaos/experiment.ts'
import { inject } from '../chaos/faults.ts'
import { report } from '../chaos/report.ts'
import { defer, deferrer } from '../support/defer.ts'
import { untilHealthy, untilRestarted } from '../support/health.ts'
import { createReturningReceiver, type Received } from '../support/receiver.ts'
import type { Stack } from '../support/stack.ts'
import { until } from '../support/until.ts'
import { useExperiment } from './fixture.ts'
import {
  disagreements,
  type Expected,
  type Logged,
  loggedEvents,
  positionsOf,
  randomly,
  receivedState,
} from './journeys.ts'

const load = { ratePerSecond: 200, seconds: 15, keys: 100 }
/** Keys whose first event fails, and keys whose first event is never answered. */
const failing = ['k0', 'k1', 'k2', 'k3', 'k4']
const hanging = ['k5', 'k6', 'k7', 'k8', 'k9']

describe('the journeys of a run in which a consumer was killed', () => {
  it('agree with what the receivers saw, and say why others saw nothing', async (t) => {
    const flaky = { mode: { kind: 'fail', of: { shareOfEvents: 0.02 }, times: 1, asksForRetry: true } } as const
    const members = { retry: { scheduleMs: [1_000] } }
    const { stack, experiment } = await useExperiment(t, { subscriptions: [{}, { ...flaky, members }] })
    defer(t, () => untilHealthy(stack))
    const { filtered, paused, stuck } = await subscribe(t, stack, experiment)
    const publisher = experiment.publish(load)
    // Not a wait for something: the load has to run before and after the fault.
    await pause((load.seconds * 1_000) / 2)
    await inject(stack, experiment, { name: 'kill-consumer', round: 0 })
    const outcome = await experiment.conclude(publisher.finished, {
      allowedDuplicates: allowedDuplicates(['kill-consumer']),
      // A publisher that stood still sends at once what was due meanwhile; what is refused then is published again.
      mayFailRequests: (_facts, { code }) => code === 'overloaded',
    })
    t.diagnostic(report(outcome))
    assert.equal(outcome.complaint, '')
    const { facts } = outcome
    const all = loggedEvents(facts)
    const expected: Record<string, Expected> = {
      [filtered.name]: () => ({ state: 'filtered' }),
      [paused.name]: () => ({ state: 'paused' }),
      [stuck.name]: stuckState(stuck, headsOf(all)),
    }
    for (const { scope } of experiment.courses) expected[scope.subscription] = receivedState(facts, scope.subscription)
    const whole = { api: stack.api, all, expected }
    const seen = await untilAgreed('it is told who waits for whom', whole)
    assert.ok((seen.get('waiting') ?? 0) > 0, 'some of the events waited')

    // Retention takes the older half of the stream, and the consumers lose what they had read of it and not delivered.
    const middles = await loseOlderHalf(stack, experiment.topic, all)
    const consumers = [await stack.kill('consumer-1', 'SIGKILL'), await stack.kill('consumer-2', 'SIGKILL')]
    for (const consumer of consumers) await untilRestarted(stack, consumer)
    const isGone = ({ partition, offset }: Logged) => offset < (middles.get(partition) ?? 0)
    const rest = all.filter((event) => !isGone(event))
    const lost = { state: 'expired', isSettled: true }
    const stillStuck = stuckState(stuck, new Map([...headsOf(rest, hanging), ...headsOf(all, failing)]))
    expected[stuck.name] = (event) => (isGone(event) && hanging.includes(event.key) ? lost : stillStuck(event))
    expected[paused.name] = (event) => (isGone(event) ? lost : { state: 'paused' })
    const left = await untilAgreed('it is told what expired', whole)
    assert.ok((left.get('expired') ?? 0) > 0, 'some of the events expired')

    await stack.api.act(paused.name, 'resume')
    const arrived = () => positionsOf(paused.receiver.requests)
    await until('what is left is delivered', () => arrived().size >= rest.length)
    expected[paused.name] = (event) => (isGone(event) ? lost : { state: 'delivered' })
    await untilAgreed('it is told what was delivered', whole)
    assert.deepEqual(arrived(), new Set(rest.map(({ position }) => position)))
  })
})

/** Beside those that the experiment judges: one that wants nothing, one that is paused, one that is stuck at some keys. */
async function subscribe(t: TestContext, { api }: Stack, { run, stream }: Experiment) {
  const opened = async (name: string, members: object, behave: (request: Received) => { status: number } | 'hang') => {
    const receiver = await createReturningReceiver(deferrer(t), {
      behaviour(request) {
        const answer = behave(request)
        return answer === 'hang' ? { kind: 'hang' } : { kind: 'answer', ...answer }
      },
    })
    await api.putSubscription(name, { stream, destination: { targets: [{ url: receiver.url }] }, ...members })
    defer(t, async () => {
      await receiver.refuse()
      await api.deleteSubscription(name)
      await receiver.accept()
    })
    return { name, receiver }
  }
  const accept = () => ({ status: 204 })
  const retry = { scheduleMs: [3_600_000] }
  return {
    filtered: await opened(`${run}-none`, { filter: { types: ['nothing.*'] } }, accept),
    paused: await opened(`${run}-asleep`, { paused: true }, accept),
    stuck: await opened(`${run}-stuck`, { retry, delivery: { timeoutMs: 120_000 } }, ({ headers }) => {
      const key = String(headers['tailrace-key'])
      if (hanging.includes(key)) return 'hang'
      return failing.includes(key) ? { status: 500, headers: { 'tailrace-outcome': 'retry' } } : { status: 204 }
    }),
  }
}

/** The first event of each of these keys. */
function headsOf(all: readonly Logged[], keys = [...failing, ...hanging]): ReadonlyMap<string, Logged> {
  const heads = new Map<string, Logged>()
  for (const event of all) {
    if (keys.includes(event.key) && event.offset < (heads.get(event.key)?.offset ?? Infinity))
      heads.set(event.key, event)
  }
  return heads
}

type Opened = Awaited<ReturnType<typeof subscribe>>['stuck']

function stuckState({ name, receiver }: Opened, heads: ReadonlyMap<string, Logged>): Expected {
  return ({ key, position, offset }) => {
    const head = heads.get(key)
    if (head === undefined)
      return { state: positionsOf(receiver.requests).has(position) ? 'delivered' : 'not delivered' }
    if (head.offset === offset) return { state: failing.includes(key) ? 'retrying' : 'delivering' }
    return { state: 'waiting', behind: `${name}-${head.partition}-${head.offset}` }
  }
}

type Whole = Parameters<typeof disagreements>[0] & { all: readonly Logged[] }

/** Of 200 random events. Reports of consumers and the index are a moment old: the truth has to be told soon. */
async function untilAgreed(what: string, whole: Whole): Promise<ReadonlyMap<string, number>> {
  const chosen = randomly(whole.all, 200)
  return await until(what, async () => {
    const { wrong, seen } = await disagreements(whole, chosen)
    if (wrong.length > 0) throw new Error(`${wrong.length} disagree:\n${wrong.slice(0, 20).join('\n')}`)
    return seen
  })
}

async function loseOlderHalf({ brokers }: Stack, topic: string, all: readonly Logged[]) {
  const log = pino({ level: 'silent' })
  const admin = await openAdmin({ brokers, clientId: 'journey-test', log })
  try {
    const ends = Map.groupBy(all, ({ partition }) => partition)
    const middles = new Map<number, number>()
    for (const [partition, events] of ends) {
      const middle = Math.floor(Math.max(...events.map(({ offset }) => offset)) / 2)
      await admin.deleteRecords(topic, partition, middle)
      middles.set(partition, middle)
    }
    return middles
  } finally {
    await admin.close()
  }
}

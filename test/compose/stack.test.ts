/*
 * The compose file for real: from nothing to a delivered event, through every fault that containers can have, and back to
 * nothing. The steps build on each other. Run by .ci/compose.
 */
import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import { isDeepStrictEqual } from 'node:util'
import { request } from 'undici'
import { allowedDuplicates } from '../chaos/allowances.ts'
import { type Experiment, openExperiment } from '../chaos/experiment.ts'
import { githubEvents } from '../chaos/load/github-events.ts'
import { costsOf, report } from '../chaos/report.ts'
import { defer } from '../support/defer.ts'
import type { System } from '../support/stack.ts'
import { besideTarget } from '../support/targets.ts'
import { until } from '../support/until.ts'
import { act, compose, containers, generation, leftovers, ports } from './engine.ts'
import { attachComposeStack, crash, demoReceiverUrl, untilUp } from './running-stack.ts'
import { listeners } from './scan.ts'

/** How often a producer behind HAProxy is stopped and started again: once, unless COMPOSE_PRODUCER_STOPS says otherwise. */
const producerStops = Number(process.env.COMPOSE_PRODUCER_STOPS ?? 1)
/** Longer than all faults take on any machine: it is ended when they are over. */
const load = { ratePerSecond: 200, seconds: 1_800, keys: 150 }
/** Longer than what any fault costs. */
const settleMs = 7_500

type Fault = {
  name: string
  victim: string
  inject(victim: string): Promise<unknown>
  /** The longest pause that it should cause, between two acknowledgements or in the deliveries of one partition. */
  target?: { of: 'ackMs' | 'partitionMs'; ms: number }
}

const stopAndStart = (victim: string): Fault[] => [
  { name: 'stop-producer', victim, inject: (name) => act('stop', name) },
  { name: 'start-producer', victim, inject: (name) => act('start', name) },
]

/** In this order, under load. */
const faults: readonly Fault[] = [
  { name: 'kill-broker', victim: 'kafka-2', inject: (name) => act('kill', name), target: { of: 'ackMs', ms: 4_000 } },
  { name: 'start-broker', victim: 'kafka-2', inject: (name) => act('start', name) },
  { name: 'crash-consumer', victim: 'consumer-1', inject: crash, target: { of: 'partitionMs', ms: 4_000 } },
  ...Array.from({ length: producerStops }, (_, turn) => stopAndStart(`producer-${1 + (turn % 2)}`)).flat(),
  {
    name: 'scale-to-4',
    victim: 'consumer',
    inject: (name) => compose('up', '-d', '--no-recreate', '--scale', `${name}=4`),
  },
  { name: 'stop-redis', victim: 'redis', inject: (name) => compose('stop', name) },
  { name: 'crash-without-redis', victim: 'consumer-2', inject: crash, target: { of: 'partitionMs', ms: 7_000 } },
]

describe(`the stack under compose ${generation()}`, () => {
  let system: System
  let listenedBefore: ReadonlySet<string>

  before(async () => {
    await compose('--env-file', 'docker/ha.env', 'down', '-v', '--remove-orphans')
    await compose('build')
    listenedBefore = listeners()
  })
  after(() => compose('down', '-v', '--remove-orphans'))

  it('goes from nothing to a delivered, verified event with one command', async (t) => {
    const startedAt = performance.now()
    await compose('up', '-d')
    system = await attachComposeStack()
    const headers = { 'content-type': 'application/json', 'idempotency-key': 'hello' }
    // `up` does not wait for the gateway, which looks for producers every second.
    await until('an event is taken', async () => {
      const { status } = await system.api.publish('demo', { headers, body: '{"hello":"world"}' })
      return status === 202
    })
    const received = await until('the demo receiver has it', async () => (await inbox())[0])
    t.diagnostic(besideTarget('first verified event', performance.now() - startedAt, 90_000))
    assert.equal(received.verified, true)
  })

  it('listens on three loopback ports of this machine and nowhere else', async () => {
    await untilUp()
    const documented = Object.values(ports)
      .map((port) => `127.0.0.1:${port}`)
      .sort()
    await until('only the documented ports are open', () => {
      const opened = [...listeners()].filter((one) => !listenedBefore.has(one)).sort()
      if (!isDeepStrictEqual(opened, documented)) throw new Error(`open since the start: ${opened}`)
      return true
    })
  })

  it('refuses localhost as a target and says why', async () => {
    const body = { stream: 'demo', destination: { targets: [{ url: 'http://localhost:9999/' }] } }
    const { status, text } = await system.api.call({ method: 'PUT', path: '/v1/subscriptions/inward', body })
    assert.equal(status, 400)
    assert.match(text, /127\.0\.0\.1 is a loopback address/)
  })

  it('delivers every GitHub payload to a receiver on the host, byte for byte, in order and exactly once', async (t) => {
    const experiment = await openExperiment(system)
    defer(t, () => experiment.close())
    const outcome = await experiment.conclude(experiment.publishEvents(githubEvents(experiment.run)), {
      allowedDuplicates: 0,
    })
    t.diagnostic(report(outcome))
    assert.equal(outcome.complaint, '')
  })

  it('loses nothing and fails no request while brokers, consumers, producers and Redis come and go', async (t) => {
    const experiment = await openExperiment(system)
    defer(t, () => experiment.close())
    const publisher = experiment.publish(load)
    defer(t, publisher.end)
    await injectAll(experiment)
    publisher.end()
    const allowed = allowedDuplicates(['kill-broker', 'kill-consumer', 'kill-consumer'])
    const outcome = await experiment.conclude(publisher.finished, { allowedDuplicates: allowed })
    t.diagnostic(report(outcome))
    assert.equal(outcome.complaint, '')
    for (const cost of costsOf(outcome)) {
      const { target } = faults.find(({ name }) => name === cost.fault) ?? {}
      if (target !== undefined) t.diagnostic(besideTarget(`${cost.fault}, ${target.of}`, cost[target.of], target.ms))
    }
  })

  it('is left as it is by another `up`', async () => {
    await compose('up', '-d')
    await untilUp()
    const before = await lasting()
    await compose('up', '-d')
    await untilUp()
    assert.deepEqual(await lasting(), before)
    assert.equal((await inbox()).length, 1)
  })

  it('leaves nothing behind after `down -v`', async () => {
    await compose('down', '-v')
    assert.deepEqual(await leftovers(), [])
  })
})

async function injectAll(experiment: Experiment): Promise<void> {
  for (const { name, victim, inject } of faults) {
    // Not a wait for something: the load has to run between the faults.
    await pause(settleMs)
    experiment.mark(name, victim)
    await inject(victim)
  }
  await pause(settleMs)
}

/** What must not be made anew: every container but that of the job, which runs at each `up`. */
async function lasting(): Promise<string[]> {
  const services = (await containers()).filter(({ service }) => service !== 'init')
  return services.map(({ name, id, startedAt }) => `${name} ${id} ${startedAt}`).sort()
}

async function inbox(): Promise<{ verified: boolean }[]> {
  const { body } = await request(`${demoReceiverUrl}/requests`)
  return ((await body.json()) as { requests: { verified: boolean }[] }).requests
}

/*
 * Redis with two replicas and three Sentinels (docker/ha.env): the master is killed and frozen under load, and everything
 * follows the new one. Run by .ci/compose.
 */
import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { type Experiment, openExperiment } from '../chaos/experiment.ts'
import { report } from '../chaos/report.ts'
import { defer } from '../support/defer.ts'
import type { System } from '../support/stack.ts'
import { besideTarget } from '../support/targets.ts'
import { until } from '../support/until.ts'
import { type Container, compose, containerNamed, containers, docker } from './engine.ts'
import { attachComposeStack, untilUp } from './running-stack.ts'

const load = { ratePerSecond: 100, seconds: 45, keys: 100 }
const targetMs = 3_000
const replicas = 2
const sentinels = ['sentinel-1', 'sentinel-2', 'sentinel-3']

type Outage = { verb: 'kill' | 'pause'; mend: 'start' | 'unpause' }

const outages: readonly Outage[] = [
  { verb: 'kill', mend: 'start' },
  { verb: 'pause', mend: 'unpause' },
  { verb: 'kill', mend: 'start' },
]

describe('Redis with replicas and Sentinels', () => {
  let system: System

  before(async () => {
    await compose('--env-file', 'docker/ha.env', 'down', '-v', '--remove-orphans')
    await compose('--env-file', 'docker/ha.env', 'up', '-d', '--build')
    system = await attachComposeStack()
    await untilUp()
    await untilReplicated()
  })
  after(() => compose('--env-file', 'docker/ha.env', 'down', '-v', '--remove-orphans'))

  it('fails over again and again while no publish fails and nothing is lost or repeated', async (t) => {
    const experiment = await openExperiment(system)
    defer(t, () => experiment.close())
    const publisher = experiment.publish(load)
    for (const outage of outages) {
      const tookMs = await failOver(outage, { system, experiment })
      t.diagnostic(besideTarget(`${outage.verb} the master, until the console has the new one`, tookMs, targetMs))
    }
    const outcome = await experiment.conclude(publisher.finished, { allowedDuplicates: 0 })
    t.diagnostic(report(outcome))
    assert.equal(outcome.complaint, '')
  })
})

type Scene = { system: System; experiment: Experiment }

/** Takes the master away and brings it back as a replica; returns how long the console was without, in ms. */
async function failOver({ verb, mend }: Outage, { system, experiment }: Scene): Promise<number> {
  const master = await currentMaster()
  experiment.mark(`${verb}-redis`, master.name)
  const startedAt = Date.now()
  await docker(verb, master.id)
  await until('Redis is missed', async () => !(await system.api.state()).redis.up)
  await until('Redis is there', async () => (await system.api.state()).redis.up)
  const tookMs = Date.now() - startedAt
  await until('every instance reports to the new master', () => reportsSince(system, startedAt))
  // Sentinels tell each other every 2 s, and another one may have said so first.
  await until('this Sentinel knows the new master', async () => (await currentMaster()).id !== master.id)
  await docker(mend, master.id)
  await untilReplicated()
  return tookMs
}

/** Reports live in Redis alone: one that was made since can only have come to the new master. */
async function reportsSince({ api }: System, sinceMs: number): Promise<boolean> {
  const { instances } = await api.state()
  const services = (await containers()).filter(({ service }) => ['producer', 'consumer', 'console'].includes(service))
  const fresh = instances.filter(({ lastHeartbeatAt }) => Date.parse(lastHeartbeatAt) > sinceMs)
  return fresh.length === services.length
}

async function currentMaster(): Promise<Container> {
  const sentinel = ['redis-cli', '-p', '26379', '--raw', 'sentinel', 'get-master-addr-by-name', 'mymaster']
  const answer = await docker('exec', (await containerNamed('sentinel-1-1')).id, ...sentinel)
  const master = (await containers()).find(
    ({ service, addresses }) => /^redis/.test(service) && addresses.core === answer.split('\n')[0],
  )
  if (master === undefined) throw new Error(`no container has the address of the master: ${answer}`)
  return master
}

/** Waits until the master has both replicas and the Sentinels know them: only then can the next one go. */
async function untilReplicated(): Promise<void> {
  await until('the master has its replicas', async () => {
    const info = await docker('exec', (await currentMaster()).id, 'redis-cli', 'info', 'replication')
    return info.match(/state=online/g)?.length === replicas
  })
  const known = ['redis-cli', '-p', '26379', 'sentinel', 'replicas', 'mymaster']
  for (const name of sentinels) {
    await until(`${name} knows a replica that it can promote`, async () => {
      const answer = await docker('exec', (await containerNamed(`${name}-1`)).id, ...known)
      return /^slave$/m.test(answer)
    })
  }
}

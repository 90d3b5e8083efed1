/* What happens on the way between processes while all of them live. */
import { brokerIds } from '../../../services/cli/up/broker.ts'
import { inSyncOf, leadersOf } from '../../support/kcat.ts'
import { until } from '../../support/until.ts'
import { monotonicNs } from '../history.ts'
import { routeTo, ways } from '../preparations/proxied-brokers.ts'
import type { Rule } from '../proxy/rules.ts'
import {
  atBrokers,
  between,
  type Cut,
  forClients,
  inForce,
  othersThan,
  type Rules,
  resetAgain,
  rulesOf,
} from './cuts.ts'
import { given, type Scene } from './fault.ts'
import { leaderOf, leadsText, nameOfBroker, partitionOfRound } from './leaders.ts'

/** The leader of a partition, cut from the other brokers and controllers but not from clients. */
export async function isolateLeader(scene: Scene, ms: number): Promise<void> {
  const partition = await partitionOfRound(scene)
  const leader = await leaderOf(scene, partition)
  const rules = rulesOf(between(leader, othersThan(leader)), ways)
  await cutOff(scene, { name: 'isolate-leader', leader, rules, ms, effect: movedFrom(scene, partition, leader) })
}

/** A follower of a partition, cut from its leader and from nobody else: both are in the quorum as before. */
export async function cutFollower(scene: Scene, ms: number): Promise<void> {
  const partition = await partitionOfRound(scene)
  const leader = await leaderOf(scene, partition)
  const others = othersThan(leader)
  const follower = others[scene.round % others.length] ?? leader
  const rules = rulesOf(between(leader, [follower]), ['peers'])
  await cutOff(scene, { name: 'cut-follower', leader, rules, ms, effect: leftBehind(scene, partition, follower) })
}

type OneWay = { name: string; direction: 'out' | 'in'; ms: number }

/** Nothing that a leader says reaches the other brokers, or nothing that they say reaches it. */
export async function cutOneWay(scene: Scene, { name, direction, ms }: OneWay): Promise<void> {
  const partition = await partitionOfRound(scene)
  const leader = await leaderOf(scene, partition)
  const cuts = othersThan(leader).map((other): Cut => (direction === 'out' ? [leader, other] : [other, leader]))
  await cutOff(scene, { name, leader, rules: rulesOf(cuts, ways), ms, effect: movedFrom(scene, partition, leader) })
}

/** What shows that a cut is one; without it the fault did not happen. */
type Effect = { what: string; seen(): Promise<boolean> }

/** The other brokers say that somebody else leads. */
const movedFrom = ({ stack, experiment }: Scene, partition: number, leader: number): Effect => ({
  what: 'another leader',
  async seen() {
    const others = stack.brokers.filter((_, index) => index !== leader - 1)
    const now = (await leadersOf(others, experiment.topic)).get(partition) ?? -1
    return now > 0 && now !== leader
  },
})

/** Its leader goes on without it. */
const leftBehind = ({ stack, experiment }: Scene, partition: number, follower: number): Effect => ({
  what: `a partition without ${nameOfBroker(follower)}`,
  async seen() {
    const inSync = (await inSyncOf(stack.brokers, experiment.topic)).get(partition) ?? []
    return inSync.length > 0 && !inSync.includes(follower)
  },
})

type CutOff = { name: string; leader: number; rules: Rules; ms: number; effect: Effect }

async function cutOff(scene: Scene, { name, leader, rules, ms, effect }: CutOff): Promise<void> {
  const victim = await leadsText(scene, leader)
  const ns = monotonicNs()
  let afterMs = 0
  await inForce(atBrokers(scene), rules, ms, async () => {
    await until(`there is ${effect.what}`, effect.seen, ms)
    afterMs = Math.round((monotonicNs() - ns) / 1e6)
  })
  scene.experiment.mark(name, `${victim}; ${effect.what} after ${afterMs} ms`, ns)
}

type Treatment = { name: string; rule: Rule; ms: number }

/** One rule for every connection of a client to a broker, for a while. */
export async function treatClients(scene: Scene, { name, rule, ms }: Treatment): Promise<void> {
  scene.experiment.mark(name, 'connections of clients')
  await inForce(atBrokers(scene), forClients(rule), ms)
}

type Resets = { times: number; everyMs: number }

/** Every connection of a client to a broker is reset, again and again. Throws when there was none. */
export async function resetClients(scene: Scene, { times, everyMs }: Resets): Promise<void> {
  const ns = monotonicNs()
  const routes = brokerIds.map((id) => routeTo(id, 'clients'))
  const count = await resetAgain(atBrokers(scene), { routes, times, everyMs })
  scene.experiment.mark('reset-connections', `${count} connections in ${times} turns`, ns)
}

/** The share of produce requests whose answers are lost. Throws when none was: then nothing happened. */
export async function loseReplies(scene: Scene, { chance, ms }: { chance: number; ms: number }): Promise<void> {
  const ns = monotonicNs()
  const before = await produced(scene)
  await inForce(atBrokers(scene), forClients({ lostReplies: { chance, seed: scene.round } }), ms)
  const after = await produced(scene)
  const lost = after.lost - before.lost
  if (lost === 0) throw new Error('no answer was lost: the load was too small')
  scene.experiment.mark('lose-produce-replies', `${lost} answers of ${after.asked - before.asked}`, ns)
}

async function produced(scene: Scene): Promise<{ asked: number; lost: number }> {
  const proxies = given(scene, 'proxies')
  const all = await Promise.all(brokerIds.map((id) => proxies.status(routeTo(id, 'clients'))))
  return all.reduce((sum, one) => ({ asked: sum.asked + one.produced, lost: sum.lost + one.lost }), {
    asked: 0,
    lost: 0,
  })
}

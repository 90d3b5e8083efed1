/* Brokers that end or stop because of what they do: lead, follow, control, coordinate. */
import { setTimeout as pause } from 'node:timers/promises'
import { coordinatorOf } from '#shared/kafka/coordinator.ts'
import { brokerIds } from '../../../services/cli/up/broker.ts'
import { untilHealthy, untilRestarted } from '../../support/health.ts'
import { isAlive, type StackProcess } from '../../support/stack.ts'
import { until } from '../../support/until.ts'
import { monotonicNs } from '../history.ts'
import type { Scene } from './fault.ts'
import { freeze } from './freeze.ts'
import { controllerOf, leaderOf, leadsText, nameOfBroker, partitionOfRound } from './leaders.ts'

const chases = 5

/** The active controller, which leads partitions as well: leaders can move only when the quorum has a new one. */
export async function killController(scene: Scene): Promise<void> {
  await killMarked(scene, 'kill-controller', await controllerOf(scene))
}

/** The broker that coordinates the group of one subscription, each in turn by round. */
export async function killCoordinator(scene: Scene): Promise<void> {
  const { stack, experiment, round } = scene
  const subscribed = experiment.courses.flatMap((course) => course.subscribed ?? [])
  const group = subscribed[round % subscribed.length]?.group
  if (group === undefined) throw new Error('the run has no subscription')
  const address = await until('the group has a coordinator', () => coordinatorOf(stack.brokers, group))
  await killMarked(scene, 'kill-coordinator', stack.brokers.indexOf(address) + 1)
}

/** Kills whoever leads one partition, five times, each time when every replica is in sync again. */
export async function chaseLeader(scene: Scene): Promise<void> {
  const partition = await partitionOfRound(scene)
  for (let chase = 0; chase < chases; chase += 1) {
    scene.signal?.throwIfAborted()
    const leader = await leaderOf(scene, partition)
    await killMarked(scene, 'chase-leader', leader)
    await leaderOf(scene, partition, leader)
    await untilHealthy(scene.stack)
    scene.experiment.markWhole()
  }
}

/** One broker after the other, each when every replica is in sync again. */
export async function restartInTurn(scene: Scene): Promise<void> {
  for (const id of brokerIds) {
    scene.signal?.throwIfAborted()
    scene.experiment.mark('rolling-restart', await leadsText(scene, id))
    await untilRestarted(scene.stack, await scene.stack.kill(nameOfBroker(id), 'SIGTERM'))
    await untilHealthy(scene.stack)
    scene.experiment.markWhole()
  }
}

/** For less than its session: nobody takes over what it leads. */
export async function freezeLeaderBriefly(scene: Scene, ms: number): Promise<void> {
  const { experiment, signal } = scene
  const partition = await partitionOfRound(scene)
  const leader = await leaderOf(scene, partition)
  const { pid } = await scene.stack.process(nameOfBroker(leader))
  const ns = monotonicNs()
  await freeze({ pid, ms, signal })
  const moved = (await leaderOf(scene, partition)) === leader ? 'none moved' : 'some moved'
  experiment.mark('freeze-leader-briefly', `${await leadsText(scene, leader)}, ${moved}`, ns)
}

/** A broker that was just started again leads nothing; it is a follower of everything. That start is a fault of its own. */
export async function freezeFollower(scene: Scene, ms: number): Promise<void> {
  const { stack, experiment, round, signal } = scene
  const id = brokerIds[round % brokerIds.length] ?? 1
  experiment.mark('term-broker', await leadsText(scene, id))
  await untilRestarted(stack, await stack.kill(nameOfBroker(id), 'SIGTERM'))
  await untilHealthy(stack)
  experiment.markWhole()
  experiment.mark('freeze-follower', await leadsText(scene, id))
  const { pid } = await stack.process(nameOfBroker(id))
  await freeze({ pid, ms, signal })
}

/** Two of three for so long: whenever one is started again it is killed again. Then they may come back. */
export async function keepTwoDown(scene: Scene, ms: number): Promise<void> {
  const { stack, experiment, round, signal } = scene
  const staying = brokerIds[round % brokerIds.length]
  const names = brokerIds.filter((id) => id !== staying).map(nameOfBroker)
  const victims = await Promise.all(names.map((name) => stack.kill(name, 'SIGKILL')))
  await until('both have ended', () => victims.every(({ pid }) => !isAlive(pid)))
  experiment.mark('two-brokers-down', names.join(' '))
  let last: readonly StackProcess[] = victims
  // A dead one stays in the table until it is started again, and its number may be another process's by then.
  const killed = new Set(victims.map(({ pid }) => pid))
  const endMs = performance.now() + ms
  while (performance.now() < endMs) {
    await pause(50, undefined, { signal })
    last = await Promise.all(names.map(stack.process))
    for (const { name, pid } of last.filter((one) => !killed.has(one.pid))) {
      killed.add(pid)
      await stack.kill(name, 'SIGKILL')
    }
  }
  experiment.markUndone()
  await Promise.all(last.map((victim) => untilRestarted(stack, victim)))
}

async function killMarked(scene: Scene, fault: string, id: number): Promise<void> {
  scene.experiment.mark(fault, await leadsText(scene, id))
  await untilRestarted(scene.stack, await scene.stack.kill(nameOfBroker(id), 'SIGKILL'))
}

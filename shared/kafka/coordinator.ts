import { onBroker } from './broker-call.ts'
import { isFrozen } from './broker-guard.ts'
import { describeGroups, findCoordinator, isAnswering } from './group-requests.ts'

/** The broker that coordinates a group, ready to do so, and every broker that answers now. */
export type Coordination = { coordinator: string; living: readonly string[] }

/**
 * Looks once for the coordinator of a group; undefined when there is none that answers or it still loads its groups
 * (a kafkajs consumer started now would only crash). Takes at most 3 s.
 */
export async function findReadyCoordinator(
  brokers: readonly string[],
  groupId: string,
): Promise<Coordination | undefined> {
  const living = await livingOf(brokers)
  const coordinator = await coordinatorOf(living, groupId)
  if (coordinator === undefined || !(await isReady(coordinator, groupId))) return undefined
  return { coordinator, living }
}

/** What the first answering broker believes; the coordinator itself may be gone. */
export async function coordinatorOf(brokers: readonly string[], groupId: string): Promise<string | undefined> {
  const asked = brokers.map((address) => onBroker(address, (ask) => findCoordinator(ask, groupId)))
  return Promise.any(asked).catch(() => undefined)
}

/** A coordinator that just took over answers with an error until it has read the group's state. */
async function isReady(coordinator: string, groupId: string): Promise<boolean> {
  if (isFrozen(coordinator)) return false
  const described = onBroker(coordinator, (ask) => describeGroups(ask, [groupId]))
  return described.then(
    ([group]) => group?.errorCode === 0,
    () => false,
  )
}

async function livingOf(brokers: readonly string[]): Promise<readonly string[]> {
  const answers = await Promise.all(
    brokers.map(async (address) => ({ address, answers: !isFrozen(address) && (await isAnswering(address)) })),
  )
  return answers.filter(({ answers }) => answers).map(({ address }) => address)
}

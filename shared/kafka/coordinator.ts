import { onBroker } from './broker-call.ts'
import { findCoordinator, isAnswering } from './group-requests.ts'

/** The broker that coordinates a group, alive, and every broker that answers now. */
export type Coordination = { coordinator: string; living: readonly string[] }

/** Looks once for the coordinator of a group; undefined when there is none that answers. Takes at most 3 s. */
export async function findLivingCoordinator(
  brokers: readonly string[],
  groupId: string,
): Promise<Coordination | undefined> {
  const living = await livingOf(brokers)
  const coordinator = await coordinatorOf(living, groupId)
  if (coordinator === undefined || !(await isAnswering(coordinator))) return undefined
  return { coordinator, living }
}

/** What the first answering broker believes; the coordinator itself may be gone. */
export async function coordinatorOf(brokers: readonly string[], groupId: string): Promise<string | undefined> {
  const asked = brokers.map((address) => onBroker(address, (ask) => findCoordinator(ask, groupId)))
  return Promise.any(asked).catch(() => undefined)
}

async function livingOf(brokers: readonly string[]): Promise<readonly string[]> {
  const answers = await Promise.all(brokers.map(async (address) => ({ address, answers: await isAnswering(address) })))
  return answers.filter(({ answers }) => answers).map(({ address }) => address)
}

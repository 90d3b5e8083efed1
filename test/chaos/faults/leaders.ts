import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { runFolder } from '../../../services/cli/folders.ts'
import { type BrokerId, brokerIds, dataFolder } from '../../../services/cli/up/broker.ts'
import { leadersOf } from '../../support/kcat.ts'
import { until } from '../../support/until.ts'
import type { Scene } from './fault.ts'

/** What a broker is called among the processes of a stack. */
export const nameOfBroker = (id: number): string => `kafka-${id}`

/** One broker, each in turn by round. */
export const brokerOfRound = ({ round }: Scene): BrokerId => brokerIds[round % brokerIds.length] ?? 1

/** How many partitions of the run's stream a broker leads now, as text. */
export async function leadsText({ stack, experiment }: Scene, id: number): Promise<string> {
  const leaders = [...(await leadersOf(stack.brokers, experiment.topic)).values()]
  return `${nameOfBroker(id)}, leads ${leaders.filter((leader) => leader === id).length} of ${leaders.length}`
}

/** The broker that leads a partition of the run's stream, once there is one other than `before`. */
export const leaderOf = ({ stack, experiment }: Scene, partition: number, before = -1): Promise<number> =>
  until(`partition ${partition} has a leader`, async () => {
    const leader = (await leadersOf(stack.brokers, experiment.topic)).get(partition) ?? -1
    return leader > 0 && leader !== before && leader
  })

/** The partitions of the run's stream, in turn. */
export async function partitionOfRound({ stack, experiment, round }: Scene): Promise<number> {
  const leaders = await leadersOf(stack.brokers, experiment.topic)
  return round % Math.max(1, leaders.size)
}

type QuorumState = { leaderId: number; leaderEpoch: number }

/**
 * The active controller: brokers tell clients any of them for it, so this is what the quorum itself keeps on disk, in the
 * file that each of its members writes before it takes part in an election.
 */
export function controllerOf({ stack }: Scene): Promise<number> {
  const { brokers } = runFolder(stack.dir)
  const files = brokerIds.map((id) => join(dataFolder(brokers, id), '__cluster_metadata-0/quorum-state'))
  return until('the quorum has a leader', () => {
    const states = files.filter(existsSync).map((file) => JSON.parse(readFileSync(file, 'utf8')) as QuorumState)
    const [newest] = states.sort((a, b) => b.leaderEpoch - a.leaderEpoch || b.leaderId - a.leaderId)
    return newest !== undefined && newest.leaderId > 0 && newest.leaderId
  })
}

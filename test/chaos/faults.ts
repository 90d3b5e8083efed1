import type { Stack } from '../support/stack.ts'
import type { Experiment } from './experiment.ts'
import { brokerFaults } from './faults/brokers.ts'
import { catalogFaults } from './faults/catalog.ts'
import { clockFaults } from './faults/clocks.ts'
import { containerFaults } from './faults/containers.ts'
import { type Fault, isRow, type Scene, type Targets } from './faults/fault.ts'
import { networkFaults } from './faults/network.ts'
import { receiverWireFaults } from './faults/receiver-wire.ts'
import { receiverFaults } from './faults/receivers.ts'
import { redisFaults } from './faults/redis.ts'
import { redisWireFaults } from './faults/redis-wire.ts'
import { signalFaults } from './faults/signals.ts'
import { storageFaults } from './faults/storage.ts'
import { strainedFaults } from './faults/strained.ts'

/** Every fault, by what breaks. A row more is one entry in the file of its group. */
export const faultGroups = {
  signals: signalFaults,
  brokers: brokerFaults,
  network: networkFaults,
  redis: { ...redisFaults, ...redisWireFaults },
  receivers: { ...receiverFaults, ...receiverWireFaults },
  catalog: catalogFaults,
  strained: strainedFaults,
  storage: storageFaults,
  clocks: clockFaults,
  containers: containerFaults,
} as const satisfies Record<string, Record<string, Fault>>

/** Every fault by name. */
export const faults = {
  ...{ ...faultGroups.signals, ...faultGroups.brokers, ...faultGroups.network },
  ...{ ...faultGroups.redis, ...faultGroups.receivers, ...faultGroups.catalog },
  ...{ ...faultGroups.strained, ...faultGroups.storage, ...faultGroups.clocks },
  ...faultGroups.containers,
}

export type FaultName = keyof typeof faults

export const isFaultName = (name: string): name is FaultName => Object.hasOwn(faults, name)

export type GroupName = keyof typeof faultGroups

export const isGroupName = (name: string): name is GroupName => Object.hasOwn(faultGroups, name)

export const namesOf = (group: GroupName): FaultName[] => Object.keys(faultGroups[group]) as FaultName[]

/** Every fault of a row of the matrix. */
export const faultsOfRow = (row: string): FaultName[] =>
  Object.keys(faults)
    .filter(isFaultName)
    .filter((name) => isRow(faultOf(name)?.row, row))

/** Null for what is none of these faults, and for one without a row. */
export const rowOf = (name: string): string | null => faultOf(name)?.row ?? null

/** None for what is none of these faults. */
export const targetsOf = (name: string): Targets => faultOf(name)?.targets ?? {}

/** Undefined for what is none of these faults. */
export const faultOf = (name: string): Fault | undefined => (isFaultName(name) ? faults[name] : undefined)

type Injection = Omit<Scene, 'stack' | 'experiment'> & { name: FaultName }

/** Does it and waits for the replacement of what was killed. */
export const inject = (stack: Stack, experiment: Experiment, { name, ...rest }: Injection): Promise<void> =>
  faults[name].inject({ stack, experiment, ...rest })

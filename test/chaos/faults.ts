import type { Stack } from '../support/stack.ts'
import type { Facts, FaultSpan, Scope } from './check/facts.ts'
import type { Experiment } from './experiment.ts'
import type { Fault, Scene } from './faults/fault.ts'
import { freezeOne } from './faults/freeze.ts'
import { freezeCoordinator } from './faults/freeze-coordinator.ts'
import { addConsumer, endAdded } from './faults/members.ts'
import { killAll, signalOne } from './faults/signal.ts'
import { freezeMidParking, killBetweenParkAndCommit } from './faults/while-parking.ts'
import type { PublishLine } from './history.ts'
import { mostDeliveredWithin } from './rates.ts'

/** Every fault by name. */
export const faults = {
  'kill-broker': {
    what: 'SIGKILL one broker',
    takeovers: 1,
    inject: (scene) => signalOne(scene, { name: 'kill-broker', service: 'kafka', signal: 'SIGKILL' }),
  },
  'term-broker': {
    what: 'SIGTERM one broker: it hands over what it leads before it ends',
    takeovers: 1,
    inject: (scene) => signalOne(scene, { name: 'term-broker', service: 'kafka', signal: 'SIGTERM' }),
  },
  'freeze-broker': {
    what: 'SIGSTOP one broker for 8 s, then let it go on',
    takeovers: 2,
    // It may coordinate groups: see commit-timeout-rejoin.
    uncommittedMs: 8_000,
    inject: (scene) => freezeOne(scene, { name: 'freeze-broker', service: 'kafka', ms: 8_000 }),
  },
  'kill-consumer': {
    what: 'SIGKILL one consumer',
    takeovers: 2,
    inject: (scene) => signalOne(scene, { name: 'kill-consumer', service: 'consumer', signal: 'SIGKILL' }),
  },
  'term-consumer': {
    what: 'SIGTERM one consumer',
    takeovers: 0,
    inject: (scene) => signalOne(scene, { name: 'term-consumer', service: 'consumer', signal: 'SIGTERM' }),
  },
  'add-consumer': {
    what: 'start one consumer more',
    takeovers: 0,
    inject: addConsumer,
  },
  'remove-consumer': {
    what: 'SIGTERM a consumer that was added (after add-consumer); it does not come back',
    takeovers: 0,
    inject: (scene) => endAdded(scene, 'remove-consumer', 'SIGTERM'),
  },
  'kill-added-consumer': {
    what: 'SIGKILL a consumer that was added (after add-consumer); no launcher sees it, the others notice',
    takeovers: 1,
    inject: (scene) => endAdded(scene, 'kill-added-consumer', 'SIGKILL'),
  },
  'freeze-consumer': {
    what: 'SIGSTOP one consumer for 20 s, far beyond its session, then let it go on',
    takeovers: 2,
    // Its session ends while it sleeps and another one takes over; awake again, it must not believe that it owns anything.
    inject: (scene) => freezeOne(scene, { name: 'freeze-consumer', service: 'consumer', ms: 20_000 }),
  },
  'kill-producer': {
    what: 'SIGKILL one producer',
    takeovers: 0,
    failsRequests: true,
    inject: (scene) => signalOne(scene, { name: 'kill-producer', service: 'producer', signal: 'SIGKILL' }),
  },
  'term-producer': {
    what: 'SIGTERM one producer',
    takeovers: 0,
    inject: (scene) => signalOne(scene, { name: 'term-producer', service: 'producer', signal: 'SIGTERM' }),
  },
  'kill-redis': {
    what: 'SIGKILL Redis',
    takeovers: 0,
    inject: (scene) => signalOne(scene, { name: 'kill-redis', service: 'redis', signal: 'SIGKILL' }),
  },
  'kill-everything': {
    what: 'SIGKILL all brokers, Redis, producers, consumers and the console at once',
    takeovers: 3,
    failsRequests: true,
    inject: (scene) => killAll(scene, 'kill-everything'),
  },
  'kill-between-park-and-commit': {
    what: 'SIGKILL a consumer when its append to a retry topic is acknowledged and its offset not committed',
    takeovers: 2,
    inject: killBetweenParkAndCommit,
  },
  'freeze-mid-parking': {
    what: 'SIGSTOP a consumer for 20 s in the middle of parking, then let it go on',
    takeovers: 2,
    inject: freezeMidParking,
  },
  'commit-timeout-rejoin': {
    what: 'SIGSTOP the broker that coordinates a group for 6 s: commits time out, members join again',
    takeovers: 2,
    uncommittedMs: 6_000,
    // A lane refuses after 5 s without an answer; a frozen broker is found dead after 3 to 6.
    failsRequests: true,
    inject: (scene) => freezeCoordinator(scene, { name: 'commit-timeout-rejoin', ms: 6_000 }),
  },
} as const satisfies Record<string, Fault>

export type FaultName = keyof typeof faults

export const isFaultName = (name: string): name is FaultName => Object.hasOwn(faults, name)

type Injection = Omit<Scene, 'stack' | 'experiment'> & { name: FaultName }

/** Does it and waits for the replacement of what was killed. */
export const inject = (stack: Stack, experiment: Experiment, { name, ...rest }: Injection): Promise<void> =>
  faults[name].inject({ stack, experiment, ...rest })

/** All keys of the default concurrency. */
const inFlight = 64
/** Twice the pause between commits. */
const commitsMissedMs = 400

/**
 * How many deliveries these faults may repeat: whenever an owner ends, what it had in flight (all keys of the default
 * concurrency) and what was answered since its last commit, were it in the busiest moment of the run.
 */
export function allowedDuplicates(names: readonly FaultName[]): (facts: Facts, scope: Scope) => number {
  return (facts, scope) => {
    const allowed = names.map((name) => {
      const { takeovers, uncommittedMs = commitsMissedMs }: Fault = faults[name]
      return takeovers === 0 ? 0 : takeovers * (inFlight + mostDeliveredWithin(facts, scope, uncommittedMs))
    })
    return allowed.reduce((sum, one) => sum + one, 0)
  }
}

/** What a fault of this name may cost in repeats, by what was delivered while it lasted. */
export function boundPerFault(facts: Facts, scope: Scope): (fault: FaultSpan) => number {
  return ({ fault: name, ns, wholeNs = Infinity }) => {
    if (!isFaultName(name)) return 0
    const { takeovers, uncommittedMs = commitsMissedMs }: Fault = faults[name]
    if (takeovers === 0) return 0
    const window = { fromNs: ns - uncommittedMs * 1e6, toNs: wholeNs }
    return takeovers * (inFlight + mostDeliveredWithin(facts, scope, uncommittedMs, window))
  }
}

/** Whether publish requests may fail in a run with these faults. */
export const mayFailRequests = (names: readonly FaultName[]): boolean =>
  names.some((name) => failsRequests(faults[name]))

/** Whether nobody may have been left to answer a request: while a fault lasted that may have such a moment. */
export const isExcused = ({ faults: spans }: Facts, { sentNs, ns }: PublishLine): boolean =>
  spans.some(
    ({ fault: name, ns: fromNs, wholeNs = Infinity }) =>
      isFaultName(name) && failsRequests(faults[name]) && sentNs <= wholeNs && ns >= fromNs,
  )

const failsRequests = (fault: Fault): boolean => fault.failsRequests === true

import type { Fault } from './fault.ts'
import { freezeOne } from './freeze.ts'
import { freezeCoordinator } from './freeze-coordinator.ts'
import { addConsumer, endAdded } from './members.ts'
import { killAll, signalOne } from './signal.ts'
import { freezeMidParking, killBetweenParkAndCommit } from './while-parking.ts'

/** What a signal does to a process: it ends, or stops and goes on. */
export const signalFaults = {
  'kill-broker': {
    what: 'SIGKILL one broker',
    row: 'K1',
    targets: { ackMs: 3_500, deliveryMs: 3_500 },
    takeovers: 1,
    inject: (scene) => signalOne(scene, { name: 'kill-broker', service: 'kafka', signal: 'SIGKILL' }),
  },
  'term-broker': {
    what: 'SIGTERM one broker: it hands over what it leads before it ends',
    targets: { ackMs: 1_000, deliveryMs: 1_000 },
    takeovers: 1,
    inject: (scene) => signalOne(scene, { name: 'term-broker', service: 'kafka', signal: 'SIGTERM' }),
  },
  'freeze-broker': {
    what: 'SIGSTOP one broker for 8 s, then let it go on',
    targets: { ackMs: 4_000, deliveryMs: 4_000 },
    takeovers: 2,
    // It may coordinate groups: see commit-timeout-rejoin.
    uncommittedMs: 8_000,
    inject: (scene) => freezeOne(scene, { name: 'freeze-broker', service: 'kafka', ms: 8_000 }),
  },
  'kill-consumer': {
    what: 'SIGKILL one consumer',
    row: 'S7',
    targets: { partitionMs: 1_000 },
    takeovers: 1,
    uncommittedMs: 0,
    inject: (scene) => signalOne(scene, { name: 'kill-consumer', service: 'consumer', signal: 'SIGKILL' }),
  },
  'term-consumer': {
    what: 'SIGTERM one consumer',
    targets: { partitionMs: 1_200 },
    takeovers: 0,
    inject: (scene) => signalOne(scene, { name: 'term-consumer', service: 'consumer', signal: 'SIGTERM' }),
  },
  'add-consumer': {
    what: 'start one consumer more',
    row: 'S9',
    targets: { partitionMs: 2_000 },
    takeovers: 0,
    inject: addConsumer,
  },
  'remove-consumer': {
    what: 'SIGTERM a consumer that was added (after add-consumer); it does not come back',
    row: 'S9',
    targets: { partitionMs: 1_200 },
    takeovers: 0,
    inject: (scene) => endAdded(scene, 'remove-consumer', 'SIGTERM'),
  },
  'kill-added-consumer': {
    what: 'SIGKILL a consumer that was added (after add-consumer); no launcher sees it, the others notice',
    targets: { partitionMs: 4_000 },
    takeovers: 1,
    inject: (scene) => endAdded(scene, 'kill-added-consumer', 'SIGKILL'),
  },
  'freeze-consumer': {
    what: 'SIGSTOP one consumer for 20 s, far beyond its session, then let it go on',
    row: 'S8',
    targets: { partitionMs: 4_000 },
    takeovers: 1,
    uncommittedMs: 0,
    // Its session ends while it sleeps and another one takes over; awake again, it must not believe that it owns anything.
    inject: (scene) => freezeOne(scene, { name: 'freeze-consumer', service: 'consumer', ms: 20_000 }),
  },
  'kill-producer': {
    what: 'SIGKILL one producer',
    row: 'S1',
    targets: { ackMs: 2_000 },
    takeovers: 0,
    failsRequests: true,
    inject: (scene) => signalOne(scene, { name: 'kill-producer', service: 'producer', signal: 'SIGKILL' }),
  },
  'term-producer': {
    what: 'SIGTERM one producer',
    row: 'S2',
    takeovers: 0,
    inject: (scene) => signalOne(scene, { name: 'term-producer', service: 'producer', signal: 'SIGTERM' }),
  },
  'kill-redis': {
    what: 'SIGKILL Redis',
    row: 'R2',
    takeovers: 0,
    inject: (scene) => signalOne(scene, { name: 'kill-redis', service: 'redis', signal: 'SIGKILL' }),
  },
  'kill-everything': {
    what: 'SIGKILL all brokers, Redis, producers, consumers and the console at once',
    row: 'H4',
    targets: { ackMs: 60_000, deliveryMs: 60_000 },
    takeovers: 3,
    failsRequests: true,
    inject: (scene) => killAll(scene, 'kill-everything'),
  },
  'kill-between-park-and-commit': {
    what: 'SIGKILL a consumer when its append to a retry topic is acknowledged and its offset not committed',
    targets: { partitionMs: 1_000 },
    takeovers: 2,
    inject: killBetweenParkAndCommit,
  },
  'freeze-mid-parking': {
    what: 'SIGSTOP a consumer for 20 s in the middle of parking, then let it go on',
    targets: { partitionMs: 4_000 },
    takeovers: 2,
    inject: freezeMidParking,
  },
  'commit-timeout-rejoin': {
    what: 'SIGSTOP the broker that coordinates a group for 6 s: commits time out, members join again',
    targets: { ackMs: 4_000, deliveryMs: 4_000 },
    takeovers: 2,
    uncommittedMs: 6_000,
    // A lane refuses after 5 s without an answer; a frozen broker is found dead after 3 to 6.
    failsRequests: true,
    inject: (scene) => freezeCoordinator(scene, { name: 'commit-timeout-rejoin', ms: 6_000 }),
  },
} as const satisfies Record<string, Fault>

import {
  chaseLeader,
  freezeFollower,
  freezeLeaderBriefly,
  keepTwoDown,
  killController,
  killCoordinator,
  restartInTurn,
} from './broker-roles.ts'
import { falseAcks } from './false-acks.ts'
import type { Fault } from './fault.ts'
import { killAll } from './signal.ts'

/** What becomes of brokers by what they are in their cluster. */
export const brokerFaults = {
  'kill-controller': {
    what: 'SIGKILL the broker that is the active controller and leads partitions as well',
    row: 'K3',
    targets: { ackMs: 3_500, deliveryMs: 3_500 },
    takeovers: 1,
    inject: killController,
  },
  'kill-coordinator': {
    what: 'SIGKILL the broker that coordinates the group of a subscription',
    row: 'K27',
    targets: { ackMs: 3_500, deliveryMs: 3_500 },
    takeovers: 1,
    inject: killCoordinator,
  },
  'chase-leader': {
    what: 'SIGKILL whoever leads one partition, five times, each time when all replicas are in sync again',
    row: 'K5',
    targets: { ackMs: 3_500, deliveryMs: 3_500 },
    // Of each kill, which the history has one by one.
    takeovers: 1,
    leastSeconds: 75,
    inject: chaseLeader,
  },
  'rolling-restart': {
    what: 'SIGTERM one broker after the other, each when all replicas are in sync again',
    row: 'K4',
    targets: { ackMs: 1_000, deliveryMs: 1_000 },
    // Of each restart.
    takeovers: 1,
    leastSeconds: 50,
    inject: restartInTurn,
  },
  'freeze-leader-briefly': {
    what: 'SIGSTOP the leader of a partition for 1 s, less than its session of 2 s, then let it go on',
    row: 'K6',
    takeovers: 0,
    inject: (scene) => freezeLeaderBriefly(scene, 1_000),
  },
  'freeze-follower': {
    what: 'SIGSTOP a broker that leads nothing for 20 s, then let it go on',
    row: 'K8',
    targets: { ackMs: 4_000, deliveryMs: 4_000 },
    takeovers: 1,
    leastSeconds: 50,
    inject: (scene) => freezeFollower(scene, 20_000),
  },
  'two-brokers-down': {
    what: 'SIGKILL two brokers of three and keep them down for 30 s: nothing is acknowledged meanwhile',
    row: 'K9',
    // 20 s after the first one is started again.
    targets: { ackMs: 50_000, deliveryMs: 50_000 },
    takeovers: 2,
    // Nobody can commit while they are down.
    uncommittedMs: 40_000,
    failsRequests: true,
    leastSeconds: 60,
    inject: (scene) => keepTwoDown(scene, 30_000),
    look: (facts) => falseAcks(facts, 'two-brokers-down'),
  },
  'kill-all-brokers': {
    what: 'SIGKILL all three brokers at once',
    row: 'K10',
    targets: { ackMs: 60_000, deliveryMs: 60_000 },
    takeovers: 2,
    // As long as a cold start takes nobody can commit.
    uncommittedMs: 15_000,
    failsRequests: true,
    leastSeconds: 40,
    inject: (scene) => killAll(scene, 'kill-all-brokers', ['kafka']),
  },
} as const satisfies Record<string, Fault>

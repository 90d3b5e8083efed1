import type { Rule, Way } from '../proxy/rules.ts'
import type { Fault } from './fault.ts'
import { losePackets } from './lose-packets.ts'
import { cutFollower, cutOneWay, isolateLeader, loseReplies, resetClients, treatClients } from './on-the-wire.ts'
import { slowness } from './slowness.ts'

const forMs = 15_000
/** A follower is missed after 1 to 1.5 of `replica.lag.time.max.ms`, 10 s. */
const followerMs = 20_000
/** What a cut costs shall be seen, and how all is again after it. */
const leastSeconds = 30

/** 100 ms ± 20 there and back, 3 Mbit/s each way. */
const far: Way = { latencyMs: 50, jitterMs: 10, bytesPerSecond: 375_000 }
const slow: Rule = { up: far, down: far }

const sliced: Rule = { up: { sliceBytes: 100 }, down: { sliceBytes: 100 } }

/** Through the proxies in front of every broker. */
const proxied = { needs: ['proxies'], leastSeconds } as const

/** What happens on the way between processes. */
export const networkFaults = {
  'isolate-leader': {
    what: 'cut a broker from the other brokers, not from clients: what it leads moves, and it acknowledges nothing',
    row: 'K11',
    ...proxied,
    takeovers: 2,
    uncommittedMs: 6_000,
    failsRequests: true,
    inject: (scene) => isolateLeader(scene, forMs),
  },
  'cut-incoming': {
    what: 'nothing that the other brokers say reaches a leader; they hear it',
    row: 'K13',
    ...proxied,
    takeovers: 2,
    uncommittedMs: 6_000,
    failsRequests: true,
    inject: (scene) => cutOneWay(scene, { name: 'cut-incoming', direction: 'in', ms: forMs }),
  },
  'cut-outgoing': {
    what: 'nothing that a leader says reaches the other brokers; it hears them',
    row: 'K13',
    ...proxied,
    takeovers: 2,
    uncommittedMs: 6_000,
    failsRequests: true,
    inject: (scene) => cutOneWay(scene, { name: 'cut-outgoing', direction: 'out', ms: forMs }),
  },
  'cut-follower': {
    what: 'cut a follower from the leader of a partition, and from nobody else',
    row: 'K12',
    ...proxied,
    targets: { ackMs: 15_000, deliveryMs: 15_000 },
    takeovers: 2,
    // Until then nothing is stored, no commit either: see commit-timeout-rejoin.
    uncommittedMs: 15_000,
    failsRequests: true,
    inject: (scene) => cutFollower(scene, followerMs),
  },
  'slow-wire': {
    what: '100 ms ± 20 and 3 Mbit/s between clients and every broker',
    row: 'K16',
    ...proxied,
    takeovers: 0,
    inject: (scene) => treatClients(scene, { name: 'slow-wire', rule: slow, ms: forMs }),
    look: (facts) => slowness(facts, 'slow-wire'),
  },
  'reset-connections': {
    what: 'every connection of a client to a broker is reset, five times, 3 s apart',
    ...proxied,
    takeovers: 0,
    inject: (scene) => resetClients(scene, { times: 5, everyMs: 3_000 }),
  },
  'lose-produce-replies': {
    what: 'the answers to 1 % of the produce requests never arrive, their connections are reset',
    row: 'K15',
    ...proxied,
    takeovers: 0,
    inject: (scene) => loseReplies(scene, { chance: 0.01, ms: forMs }),
  },
  'slice-writes': {
    what: 'everything between clients and brokers comes in pieces of 100 bytes',
    ...proxied,
    takeovers: 0,
    inject: (scene) => treatClients(scene, { name: 'slice-writes', rule: sliced, ms: forMs }),
  },
  'lose-packets': {
    what: 'of all packets of the brokers 1 %, 5 % and 10 % are lost, each for 6 s',
    row: 'K17',
    takeovers: 0,
    needs: ['packets'],
    leastSeconds: 40,
    inject: (scene) => losePackets(scene, [1, 5, 10], 6_000),
  },
} as const satisfies Record<string, Fault>

import type { Rule } from '../proxy/rules.ts'
import type { Fault } from './fault.ts'
import { losePackets } from './lose-packets.ts'
import { cutOneWay, isolateLeader, loseReplies, treatClients } from './on-the-wire.ts'

const forMs = 15_000
/** What a cut costs shall be seen, and how all is again after it. */
const leastSeconds = 30

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

import type { Fault } from './fault.ts'
import { rotReplica } from './rotten-replica.ts'

/** What holds the log fails. */
export const storageFaults = {
  'rotten-replica': {
    what: 'turn bits on the disk of one broker while it is stopped cleanly, let it lead and read the stream anew',
    takeovers: 3,
    leastSeconds: 30,
    inject: rotReplica,
  },
} as const satisfies Record<string, Fault>

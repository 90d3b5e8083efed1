import { fillDisk, turnReadOnly } from './failing-disks.ts'
import type { Fault } from './fault.ts'
import { rotReplica } from './rotten-replica.ts'
import { slowSyncs } from './slow-syncs.ts'

const brokenMs = 10_000

/** What holds the log fails. */
export const storageFaults = {
  'rotten-replica': {
    what: 'turn bits on the disk of one broker while it is stopped cleanly, let it lead and read the stream anew',
    row: 'K22',
    takeovers: 3,
    leastSeconds: 30,
    inject: rotReplica,
  },
  'full-log-folder': {
    what: 'the disk of one broker is full for 10 s: it ends, and again whenever it is started',
    row: 'K19',
    targets: { ackMs: 3_500, deliveryMs: 3_500 },
    takeovers: 1,
    needs: ['disks'],
    leastSeconds: 30,
    inject: (scene) => fillDisk(scene, { name: 'full-log-folder', ms: brokenMs }),
  },
  'read-only-log-folder': {
    what: 'the file system of one broker turns read-only for 10 s; then it is checked and mounted again',
    row: 'K21',
    targets: { ackMs: 3_500, deliveryMs: 3_500 },
    takeovers: 1,
    needs: ['disks'],
    leastSeconds: 30,
    inject: (scene) => turnReadOnly(scene, { name: 'read-only-log-folder', ms: brokenMs }),
  },
  'slow-fsync': {
    what: 'whatever one broker writes through to its disk takes 1 s longer, for 15 s',
    row: 'K20',
    takeovers: 1,
    needs: ['strace'],
    leastSeconds: 30,
    inject: (scene) => slowSyncs(scene, { name: 'slow-fsync', delayMs: 1_000, ms: 15_000 }),
  },
} as const satisfies Record<string, Fault>

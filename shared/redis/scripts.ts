import { probeLeaseScript, targetDownScript, targetHintsScript, targetUpScript } from './hint-scripts.ts'
import { openScript, releaseScript, renewScript, settleScript } from './idempotency-scripts.ts'
import { rateScript } from './rate-script.ts'

/**
 * The Lua commands of every connection. A client must know them before it sends anything: ioredis (6.0) gathers the commands
 * of a turn of the event loop, and one that is defined in between ends the process when the answers come.
 * A script is sent once per connection and its digest from then on, also after SCRIPT FLUSH.
 */
export const scripts = {
  idempotencyOpen: { lua: openScript },
  idempotencySettle: { lua: settleScript },
  idempotencyRelease: { lua: releaseScript },
  idempotencyRenew: { lua: renewScript },
  targetDown: { lua: targetDownScript },
  targetUp: { lua: targetUpScript },
  targetHints: { lua: targetHintsScript },
  probeLease: { lua: probeLeaseScript },
  /** The name that rate-limiter-flexible (11.4) gives it. */
  rlflxIncr: { lua: rateScript, numberOfKeys: 1 },
}

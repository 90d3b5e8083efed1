import type { Clock } from './clock.ts'
import type { Lane } from './lane.ts'
import type { LaneProducers, ProducerLease } from './lane-producers.ts'

export type SettleOptions = { producers: LaneProducers; clock: Clock }

/**
 * Sends the batch that a lane has in flight, alone, until Kafka has acknowledged or refused it: the identical batch each
 * time, on the same producer unless its sequence is broken for good, after min(50·2ⁿ, 300) ms, without limit. Takes over
 * `held`, the lease that the batch was sent with before. Never rejects.
 */
export async function settle(lane: Lane, options: SettleOptions, held?: ProducerLease): Promise<void> {
  let lease = held
  while (lane.inFlight > 0) {
    if (lane.failures > 0) await options.clock.sleep(resendDelayMs(lane.failures - 1))
    if (lane.isAbandoned) break
    lease = await tryOnce(lane, options, lease)
  }
  lease?.giveBack()
}

/** Pause before send number `failures + 2` of the same batch: 50, 100, 200, 300, 300 … ms. */
export function resendDelayMs(failures: number): number {
  return Math.min(50 * 2 ** Math.min(failures, 3), 300)
}

/** Returns the lease to go on with; undefined when the next try must ask for another one. */
async function tryOnce(lane: Lane, { producers }: SettleOptions, held?: ProducerLease) {
  let lease = held
  try {
    lease ??= await producers.lease()
    if (lane.batch !== undefined) lane.acknowledge(await lease.send(lane.batch))
    return lease
  } catch (error) {
    const { fault, isDoubtful, isSpoilt } = lane.failed(error, 'alone')
    if (isSpoilt) lease?.retire()
    // Perhaps only this producer does not know it; then its source has another one. What may be written stays with its own:
    // under the numbers of another one it would be written again.
    else if (fault === 'unknown-topic' && !isDoubtful) lease?.giveBack()
    else return lease
    return undefined
  }
}

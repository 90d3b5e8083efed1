import { type Delivery, hasPark, isLoaded } from './deliveries.ts'
import { endUnparked } from './endings.ts'
import { parkJudged } from './parks.ts'
import type { Pair } from './states.ts'

/**
 * Another filter counts at once for what was read and not attempted yet. It is judged in portions, as much at a time as
 * the owner has time for, and until then nothing of the pair is attempted, nor parked behind a head that fails meanwhile.
 * What was attempted is under way, and what waits in the retry partition was accepted: both stay.
 */
export function collectUnjudged({ table }: Pair): void {
  table.unjudged = [...table.window.unfinished].flatMap((offset) => {
    const delivery = table.deliveries.get(offset)
    return delivery !== undefined && isUntouched(delivery) ? [delivery] : []
  })
}

/** Judges up to `most` of them; who does not pass is terminal. */
export function judgeAgain(pair: Pair, most: number): void {
  const { table, policy } = pair
  for (const delivery of table.unjudged.slice(0, most)) {
    // while a rejoin kept the table it may have been parked by somebody else
    if (!isUntouched(delivery) || !isLoaded(delivery)) continue
    if (policy.judge(delivery.record) === 'filtered') endUnparked(pair, delivery)
  }
  table.unjudged.splice(0, most)
  if (table.unjudged.length === 0) parkJudged(pair)
}

function isUntouched(delivery: Delivery): boolean {
  return delivery.state === 'queued' && delivery.attempts === 0 && delivery.inStream && !hasPark(delivery)
}

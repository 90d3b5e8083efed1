import type { Clock } from './clock.ts'
import type { Lane, LaneSender } from './lane.ts'
import type { LaneProducers } from './lane-producers.ts'
import { settle } from './settle.ts'

/** Sends each batch in a request of its own, whatever else goes to its leader. */
export function sendByPartition(producers: LaneProducers, clock: Clock): LaneSender {
  const work = async (lane: Lane) => {
    // Records of requests that came in this turn of the event loop join the first batch.
    await clock.turn()
    while (lane.take() !== undefined) await settle(lane, { producers, clock })
  }
  return { wake: (lane) => void work(lane), close: () => producers.close() }
}

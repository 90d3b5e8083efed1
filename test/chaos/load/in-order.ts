import { monotonicNs, openHistory } from '../history.ts'
import type { OutgoingEvent } from './event.ts'
import { type DoorOptions, openDoor } from './publish.ts'
import { type PublisherProgress, publishUntilKnown } from './until-known.ts'

export type InOrderOptions = DoorOptions & { run: string; publisher: string; history: string }

const patienceNs = 60e9

/** Publishes given events from this process: all keys beside each other, the events of one key one after the other. */
export async function publishInOrder(
  options: InOrderOptions,
  events: readonly OutgoingEvent[],
): Promise<PublisherProgress> {
  const progress = { due: events.length, acknowledged: 0, failedRequests: 0, abandoned: 0 }
  const door = openDoor(options)
  const history = openHistory(options.history)
  const publishing = { ...options, door, history, progress, giveUpNs: monotonicNs() + patienceNs }
  const publishKey = async (ofKey: readonly OutgoingEvent[]) => {
    for (const event of ofKey) await publishUntilKnown(publishing, event, monotonicNs())
  }
  await Promise.all([...Map.groupBy(events, (event) => event.key).values()].map(publishKey))
  await history.close()
  await door.close()
  return progress
}

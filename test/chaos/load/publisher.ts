/*
 * A publisher as a process of its own: an open loop, so that a slow service does not slow the publisher down.
 *
 * The clock alone decides when an event is due. Each key is a queue: its head is `sent` until it is acknowledged or
 * refused for good, then the next one follows. An unknown outcome is sent again under the same id until it is known or
 * the run is over.
 */
import { setTimeout as pause } from 'node:timers/promises'
import { monotonicNs, openHistory } from '../history.ts'
import { awkwardJson, forms, type OutgoingEvent, outgoingEvent } from './event.ts'
import { type DoorOptions, openDoor } from './publish.ts'
import { type Publishing, publishUntilKnown } from './until-known.ts'

export type PublisherOptions = DoorOptions & {
  run: string
  publisher: string
  history: string
  ratePerSecond: number
  seconds: number
  keys: number
  /** Before the number of a key. */
  keyPrefix: string
  fillBytes: number
  /** How long after the last due event unknown outcomes are sent again. */
  patienceMs: number
}

process.once('message', (options: PublisherOptions) => void run(options))
process.once('disconnect', () => process.exit(1))

async function run(options: PublisherOptions): Promise<void> {
  const startNs = monotonicNs()
  const publishing = {
    ...options,
    door: openDoor(options),
    history: openHistory(options.history),
    progress: { due: 0, acknowledged: 0, failedRequests: 0, abandoned: 0 },
    giveUpNs: startNs + options.seconds * 1e9 + options.patienceMs * 1e6,
  }
  process.once('message', () => {
    publishing.seconds = (monotonicNs() - startNs) / 1e9
    publishing.giveUpNs = monotonicNs() + options.patienceMs * 1e6
  })
  const reports = setInterval(() => process.send?.({ type: 'progress', progress: publishing.progress }), 50)
  await publishOnSchedule(publishing, startNs)
  clearInterval(reports)
  await publishing.history.close()
  await publishing.door.close()
  process.send?.({ type: 'done', progress: publishing.progress }, () => process.disconnect())
}

/** `seconds` may become shorter on the way. */
type Schedule = Omit<PublisherOptions, 'history'>

/** Event i is due at start + i / rate, for key i modulo keys, in each form in turn. */
async function publishOnSchedule(publishing: Publishing & Schedule, startNs: number): Promise<void> {
  const { ratePerSecond, keys, progress } = publishing
  const tails = new Map<number, Promise<void>>()
  const total = () => Math.floor(ratePerSecond * publishing.seconds)
  while (progress.due < total()) {
    const dueCount = Math.min(total(), Math.floor(((monotonicNs() - startNs) / 1e9) * ratePerSecond) + 1)
    for (let index = progress.due; index < dueCount; index += 1) {
      const event = eventNumber(index, publishing)
      const dueNs = startNs + (index / ratePerSecond) * 1e9
      const before = tails.get(index % keys) ?? Promise.resolve()
      tails.set(
        index % keys,
        before.then(() => publishUntilKnown(publishing, event, dueNs)),
      )
    }
    progress.due = dueCount
    await pause(1)
  }
  await Promise.all(tails.values())
}

function eventNumber(index: number, { run, publisher, keys, keyPrefix, fillBytes }: Schedule): OutgoingEvent {
  const seq = Math.floor(index / keys)
  const form = forms[(index + seq) % forms.length] ?? 'plain'
  const data = { type: 'chaos.tick', source: `/chaos/${publisher}`, json: awkwardJson(seq, fillBytes) }
  return outgoingEvent({ run, publisher, key: `${keyPrefix}${index % keys}`, seq }, form, data)
}

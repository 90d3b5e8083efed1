/*
 * A publisher as a process of its own: an open loop, so that a slow service does not slow the publisher down.
 *
 * The clock alone decides when an event is due. Each key is a queue: its head is `sent` until it is acknowledged or
 * refused for good, then the next one follows. An unknown outcome is sent again under the same id until it is known or
 * the run is over.
 */
import { setTimeout as pause } from 'node:timers/promises'
import { type HistoryWriter, monotonicNs, openHistory } from '../history.ts'
import { awkwardJson, forms, type OutgoingEvent, outgoingEvent } from './event.ts'
import { type Answer, type Door, type DoorOptions, openDoor } from './publish.ts'

export type PublisherOptions = DoorOptions & {
  run: string
  publisher: string
  history: string
  ratePerSecond: number
  seconds: number
  keys: number
  fillBytes: number
  /** How long after the last due event unknown outcomes are sent again. */
  patienceMs: number
}

export type PublisherProgress = { due: number; acknowledged: number; failedRequests: number; abandoned: number }

type Due = { event: OutgoingEvent; dueNs: number }
type Loop = {
  options: PublisherOptions
  door: Door
  history: HistoryWriter
  progress: PublisherProgress
  giveUpNs: number
}

const retryPauseMs = 200

process.once('message', (options: PublisherOptions) => void run(options))
process.once('disconnect', () => process.exit(1))

async function run(options: PublisherOptions): Promise<void> {
  const startNs = monotonicNs()
  const endNs = startNs + options.seconds * 1e9
  const loop: Loop = {
    options,
    door: openDoor(options),
    history: openHistory(options.history),
    progress: { due: 0, acknowledged: 0, failedRequests: 0, abandoned: 0 },
    giveUpNs: endNs + options.patienceMs * 1e6,
  }
  const reports = setInterval(() => process.send?.({ type: 'progress', progress: loop.progress }), 50)
  await publishOnSchedule(loop, startNs)
  clearInterval(reports)
  await loop.history.close()
  await loop.door.close()
  process.send?.({ type: 'done', progress: loop.progress }, () => process.disconnect())
}

/** Event i is due at start + i / rate, for key i modulo keys, in each form in turn. */
async function publishOnSchedule(loop: Loop, startNs: number): Promise<void> {
  const { ratePerSecond, seconds, keys } = loop.options
  const tails = new Map<number, Promise<void>>()
  const total = Math.floor(ratePerSecond * seconds)
  while (loop.progress.due < total) {
    const dueCount = Math.min(total, Math.floor(((monotonicNs() - startNs) / 1e9) * ratePerSecond) + 1)
    for (let index = loop.progress.due; index < dueCount; index += 1) {
      const due = { event: eventNumber(index, loop.options), dueNs: startNs + (index / ratePerSecond) * 1e9 }
      const before = tails.get(index % keys) ?? Promise.resolve()
      tails.set(
        index % keys,
        before.then(() => publishUntilKnown(loop, due)),
      )
    }
    loop.progress.due = dueCount
    await pause(1)
  }
  await Promise.all(tails.values())
}

function eventNumber(index: number, { run, publisher, keys, fillBytes }: PublisherOptions): OutgoingEvent {
  const seq = Math.floor(index / keys)
  const form = forms[(index + seq) % forms.length] ?? 'plain'
  const identity = { run, publisher, key: `k${index % keys}`, seq }
  return outgoingEvent(identity, form, {
    type: 'chaos.tick',
    source: `/chaos/${publisher}`,
    json: awkwardJson(seq, fillBytes),
  })
}

async function publishUntilKnown(loop: Loop, due: Due): Promise<void> {
  for (let attempt = 1; monotonicNs() < loop.giveUpNs; attempt += 1) {
    const answer = await loop.door.publish(due.event)
    record(loop, { due, answer, attempt })
    if (answer.outcome === 'acknowledged' || isFinalRefusal(answer)) return
    await pause(retryPauseMs)
  }
  loop.progress.abandoned += 1
}

/** A 4xx stays one; refused connections and honest 503s are worth another request. */
const isFinalRefusal = ({ outcome, status }: Answer): boolean =>
  outcome === 'refused' && status !== null && status < 500 && status !== 429

function record(loop: Loop, { due, answer, attempt }: { due: Due; answer: Answer; attempt: number }): void {
  const { run, publisher, stream } = loop.options
  const { id, key, seq, content } = due.event
  if (answer.outcome === 'acknowledged') loop.progress.acknowledged += 1
  else loop.progress.failedRequests += 1
  loop.history.append({
    ...{ op: 'publish', run, actor: publisher, stream, key, seq, id, attempt, dueNs: due.dueNs },
    ...answer,
    ...content,
  })
}

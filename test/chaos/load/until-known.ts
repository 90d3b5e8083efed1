import { setTimeout as pause } from 'node:timers/promises'
import { type HistoryWriter, monotonicNs } from '../history.ts'
import type { OutgoingEvent } from './event.ts'
import type { Answer, Door } from './publish.ts'

export type PublisherProgress = { due: number; acknowledged: number; failedRequests: number; abandoned: number }

/** What several publishers came to together. */
export const sumOf = (all: readonly PublisherProgress[]): PublisherProgress => ({
  due: total(all.map(({ due }) => due)),
  acknowledged: total(all.map(({ acknowledged }) => acknowledged)),
  failedRequests: total(all.map(({ failedRequests }) => failedRequests)),
  abandoned: total(all.map(({ abandoned }) => abandoned)),
})

/** One publisher at one door. `giveUpNs` is when unknown outcomes are not sent again any more. */
export type Publishing = {
  run: string
  publisher: string
  stream: string
  door: Door
  history: HistoryWriter
  progress: PublisherProgress
  giveUpNs: number
}

const retryPauseMs = 200

/** Sends an event once, and again under its id until it is acknowledged or refused for good; writes down each request. */
export async function publishUntilKnown(publishing: Publishing, event: OutgoingEvent, dueNs: number): Promise<void> {
  for (let attempt = 1; attempt === 1 || monotonicNs() < publishing.giveUpNs; attempt += 1) {
    const answer = await publishing.door.publish(event)
    record(publishing, { event, dueNs, answer, attempt })
    if (answer.outcome === 'acknowledged' || isFinalRefusal(answer)) return
    await pause(retryPauseMs)
  }
  publishing.progress.abandoned += 1
}

/** A 4xx stays one; refused connections and honest 503s are worth another request. */
const isFinalRefusal = ({ outcome, status }: Answer): boolean =>
  outcome === 'refused' && status !== null && status < 500 && status !== 429

type Request = { event: OutgoingEvent; dueNs: number; answer: Answer; attempt: number }

function record({ run, publisher, stream, history, progress }: Publishing, request: Request): void {
  const { event, dueNs, answer, attempt } = request
  if (answer.outcome === 'acknowledged') progress.acknowledged += 1
  else progress.failedRequests += 1
  const { id, key, seq, content } = event
  history.append({ op: 'publish', run, actor: publisher, stream, key, seq, id, attempt, dueNs, ...answer, ...content })
}

const total = (numbers: readonly number[]): number => numbers.reduce((sum, one) => sum + one, 0)

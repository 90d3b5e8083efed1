import { randomBytes } from 'node:crypto'
import type { JobAnswer } from '#shared/catalog/job-schema.ts'
import { within } from '#shared/resilience/deadline.ts'
import type { JsonObject } from '../body.ts'
import type { DeliveryBatch } from './deliveries.ts'
import { type Happening, type Interest, Journal } from './journal.ts'
import { patchBetween } from './patch.ts'

/** Where happenings come from. */
export type Sources = {
  state(): Promise<JsonObject>
  /** `since`: what came since the last time, or since `begin`. */
  deliveries: { begin(): Promise<void>; since(): Promise<DeliveryBatch> }
  jobs: { begin(): Promise<void>; since(): Promise<readonly JobAnswer[]> }
}

/** How often each source is asked. */
export type Pace = { stateMs: number; deliveriesMs: number; jobsMs: number }

/** The sources being asked in turn, whoever listens: one journal and one state for all. */
export type Watch = {
  readonly journal: Journal
  /** As of the last look. */
  state(): JsonObject
  stop(): void
}

type Options = {
  sources: Sources
  pace: Pace
  /** Told of every happening, with what an interested client is sent of it. */
  tell(textFor: (interest: Interest) => string): void
  failed(error: unknown): void
}

/** While Kafka is away the state, which says so, is not kept waiting for the log. */
const patienceMs = 2_000

/** Resolves when the state is known, rejects when it cannot be: what else is not known then is begun with the first answer. */
export async function beginWatch({ sources, pace, tell, failed }: Options): Promise<Watch> {
  const journal = new Journal(randomBytes(6).toString('base64url'))
  const begun = (source: { begin(): Promise<void> }) => within(source.begin().catch(failed), patienceMs, undefined)
  const [first] = await Promise.all([sources.state(), begun(sources.deliveries), begun(sources.jobs)])
  let state = first
  const happened = (happening: Happening) => tell(journal.add(happening))
  const timers = [
    every(pace.stateMs, failed, async () => {
      const before = state
      state = await sources.state()
      const patch = patchBetween(before, state)
      if (patch !== null) happened({ topic: 'state', patch })
    }),
    every(pace.deliveriesMs, failed, async () => {
      const batch = await sources.deliveries.since()
      if (batch.kept.length > 0 || batch.more.size > 0) happened({ topic: 'deliveries', batch })
    }),
    every(pace.jobsMs, failed, async () => {
      const jobs = await sources.jobs.since()
      if (jobs.length > 0) happened({ topic: 'jobs', jobs })
    }),
  ]
  return { journal, state: () => state, stop: () => timers.forEach(clearInterval) }
}

/** Never twice at a time: a source that is slow is asked less often. */
function every(ms: number, failed: (error: unknown) => void, look: () => Promise<void>): NodeJS.Timeout {
  let isLooking = false
  return setInterval(() => {
    if (isLooking) return
    isLooking = true
    look()
      .catch(failed)
      .finally(() => {
        isLooking = false
      })
  }, ms)
}

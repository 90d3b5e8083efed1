import type { Catalog } from '#shared/catalog/catalog.ts'
import type { Job, JobState } from '#shared/catalog/job-schema.ts'
import { recordKey } from '#shared/catalog/record-keys.ts'
import type { JobSource } from './source.ts'

export type Ending = { state: 'finished' | 'cancelled' | 'failed'; error: string | null }

/** Writes how far a job is into its state record: at most every 200 ms, never two writes at a time. */
export type Progress = {
  note(source: JobSource, nowMs: number): void
  /** What is not written yet, now; the job goes on elsewhere. */
  flush(source: JobSource): Promise<void>
  /** Resolves when the ending is written; rejects while Kafka does not answer. */
  end(source: JobSource | null, ending: Ending): Promise<void>
  close(): void
}

const everyMs = 200

type Options = { catalog: Pick<Catalog, 'write' | 'jobState'>; job: Pick<Job, 'id'>; instance: string }

export function createProgress({ catalog, job, instance }: Options): Progress {
  const known = catalog.jobState(job.id)
  const began = { atMs: performance.now(), done: known?.done ?? 0 }
  let last = -1
  let nextAtMs = 0
  let writing: Promise<unknown> | null = null
  let isClosed = false
  const stateOf = (source: JobSource | null, ending: Ending | null): JobState => {
    const { done, delivered, deadLettered } = source?.counts() ?? known ?? { done: 0, delivered: 0, deadLettered: 0 }
    const seconds = (performance.now() - began.atMs) / 1000
    return {
      ...{ id: job.id, state: ending?.state ?? 'running', runner: instance, done, delivered, deadLettered },
      perSecond: Math.max(0, Math.round(((done - began.done) / Math.max(seconds, 0.001)) * 10) / 10),
      cursor: ending === null ? (source?.cursor() ?? known?.cursor ?? {}) : {},
      error: ending?.error ?? null,
      finishedAt: ending === null ? null : new Date().toISOString(),
    }
  }
  const write = (state: JobState) => catalog.write(recordKey.jobState(job.id), state)
  return {
    note(source, nowMs) {
      const seen = source.seen()
      if (isClosed || writing !== null || nowMs < nextAtMs || seen === last) return
      nextAtMs = nowMs + everyMs
      writing = write(stateOf(source, null))
        .then(() => {
          last = seen
        })
        // What is not written now is written with the next change; at worst it is done again after a death.
        .catch(() => undefined)
        .finally(() => {
          writing = null
        })
    },
    async flush(source) {
      isClosed = true
      await writing
      await write(stateOf(source, null)).catch(() => undefined)
    },
    async end(source, ending) {
      isClosed = true
      await writing
      await write(stateOf(source, ending))
    },
    close() {
      isClosed = true
    },
  }
}

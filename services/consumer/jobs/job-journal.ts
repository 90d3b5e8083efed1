import type { Catalog } from '#shared/catalog/catalog.ts'
import type { Job } from '#shared/catalog/job-schema.ts'
import type { LogEntry } from '#shared/delivery/log/entries.ts'
import type { AttemptLog, SubscriptionLog } from '../attempts/attempt-log.ts'
import type { Turn } from '../attempts/journal.ts'
import type { JobItem } from './source.ts'

/** What became of one item. */
export type Told = Pick<LogEntry, 'state' | 'because' | 'attempts' | 'firstAttemptAtMs'> & { turn: Turn }

/** Tells the attempts log what a job did, under its id: what a delivery came to may change long after it was over. */
export type JobJournal = {
  tell(item: JobItem, told: Told): void
  /** Writes what was told; see `SubscriptionLog.flush`. */
  flush(): Promise<unknown>
}

type Options = {
  log: AttemptLog
  catalog: Pick<Catalog, 'subscriptionByUid'>
  job: Pick<Job, 'id' | 'uid'>
}

export function openJobJournal({ log, catalog, job }: Options): JobJournal {
  const logs = new Map<string, SubscriptionLog>()
  /** Undefined: the subscription is gone, and nobody can ask for its deliveries. */
  const logOf = (uid: string): SubscriptionLog | undefined => {
    const subscription = catalog.subscriptionByUid(uid)
    if (subscription === undefined) return undefined
    const known = logs.get(uid) ?? log.of(subscription, job.id)
    logs.set(uid, known)
    return known
  }
  return {
    tell({ letter, source: { partition, offset } }, { turn: { key, type, list }, ...told }) {
      const entry = { offset, atMs: Date.now(), key, type, behind: null, nextAttemptAtMs: null, list, ...told }
      logOf(letter?.uid ?? job.uid ?? '')?.note(partition, entry)
    },
    flush: () => Promise.all([...logs.values()].map((one) => one.flush())),
  }
}

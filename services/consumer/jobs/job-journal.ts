import type { Catalog } from '#shared/catalog/catalog.ts'
import type { Job } from '#shared/catalog/job-schema.ts'
import type { DeadLetter } from '#shared/delivery/dead-letter-record.ts'
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
  catalog: Pick<Catalog, 'subscriptionByUid' | 'streams'>
  job: Pick<Job, 'id' | 'uid'>
}

export function openJobJournal({ log, catalog, job }: Options): JobJournal {
  const logs = new Map<string, SubscriptionLog>()
  const logOf = ({ letter }: JobItem): SubscriptionLog | undefined => {
    const uid = letter?.uid ?? job.uid ?? ''
    const subscription = catalog.subscriptionByUid(uid) ?? (letter === null ? undefined : ownerOf(letter))
    if (subscription === undefined) return undefined
    const known = logs.get(uid) ?? log.of(subscription, job.id)
    logs.set(uid, known)
    return known
  }
  /** Of a subscription that was deleted: its deliveries can still be asked for. */
  const ownerOf = ({ uid, subscription: name, source }: DeadLetter) => {
    const stream = catalog.streams().find(({ topic }) => topic === source.topic)
    return { uid, name, stream: stream?.name ?? source.topic }
  }
  return {
    tell(item, { turn: { key, type, list }, ...told }) {
      const { partition, offset } = item.source
      const entry = { offset, atMs: Date.now(), key, type, behind: null, nextAttemptAtMs: null, list, ...told }
      logOf(item)?.note(partition, entry)
    },
    flush: () => Promise.all([...logs.values()].map((one) => one.flush())),
  }
}

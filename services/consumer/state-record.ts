import type { Catalog } from '#shared/catalog/catalog.ts'
import type { SubscriptionState } from '#shared/catalog/model.ts'
import { recordKey } from '#shared/catalog/record-keys.ts'

type Change = Partial<Pick<SubscriptionState, 'startedAt' | 'reason'>>

/** What consumers found out about a subscription, in the record that only they write. */
export type StateRecords = {
  isStarted(uid: string): boolean
  /** Why only an operator can set it going again; null when nothing is, or when an operator did since. */
  reason(uid: string): string | null
  write(uid: string, change: Change): Promise<void>
}

export function createStateRecords(catalog: Catalog): StateRecords {
  return {
    isStarted: (uid) => (catalog.state(uid)?.startedAt ?? null) !== null,
    reason(uid) {
      const state = catalog.state(uid)
      const resumedAt = catalog.subscriptionByUid(uid)?.resumedAt ?? null
      if (state === undefined || state.reason === null) return null
      return resumedAt !== null && resumedAt >= state.since ? null : state.reason
    },
    async write(uid, change) {
      // A deleted subscription keeps no state: writing one would outlive it for ever.
      if (catalog.subscriptionByUid(uid) === undefined) return
      const known = catalog.state(uid) ?? { uid, startedAt: null, reason: null, since: '' }
      const since = change.reason === undefined && known.since !== '' ? known.since : new Date().toISOString()
      await catalog.write(recordKey.state(uid), { ...known, ...change, since })
    },
  }
}

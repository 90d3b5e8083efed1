import type { Catalog } from '#shared/catalog/catalog.ts'
import type { GoneTarget, SubscriptionState } from '#shared/catalog/model.ts'
import { recordKey } from '#shared/catalog/record-keys.ts'

type Change = Partial<Pick<SubscriptionState, 'startedAt' | 'reason'>>

/** What consumers found out about a subscription, in the record that only they write. */
export type StateRecords = {
  isStarted(uid: string): boolean
  /** Why only an operator can set it going again; null when nothing is, or when an operator did since. */
  reason(uid: string): string | null
  /** The targets that are out. */
  gone(uid: string): readonly GoneTarget[]
  write(uid: string, change: Change): Promise<void>
  /** Adds targets to those that are out. */
  takeOut(uid: string, targets: readonly GoneTarget[]): Promise<void>
}

export function createStateRecords(catalog: Pick<Catalog, 'state' | 'subscriptionByUid' | 'write'>): StateRecords {
  const inTurn = createTurns()
  const resumedAt = (uid: string) => catalog.subscriptionByUid(uid)?.resumedAt ?? null
  const gone = (uid: string) => (catalog.state(uid)?.gone ?? []).filter(({ at }) => isOut(at, resumedAt(uid)))
  const change = (uid: string, changed: (known: SubscriptionState) => SubscriptionState) =>
    inTurn(uid, async () => {
      // A deleted subscription keeps no state: writing one would outlive it for ever.
      if (catalog.subscriptionByUid(uid) === undefined) return
      const known = catalog.state(uid) ?? { uid, startedAt: null, reason: null, since: '', gone: [] }
      const next = changed({ ...known, gone: gone(uid) })
      await catalog.write(recordKey.state(uid), { ...next, since: next.since || new Date().toISOString() })
    })
  return {
    isStarted: (uid) => (catalog.state(uid)?.startedAt ?? null) !== null,
    reason(uid) {
      const state = catalog.state(uid)
      if (state === undefined || state.reason === null) return null
      return isOut(state.since, resumedAt(uid)) ? state.reason : null
    },
    gone,
    write: (uid, wanted) =>
      change(uid, (known) => ({
        ...{ ...known, ...wanted },
        since: wanted.reason === undefined ? known.since : new Date().toISOString(),
      })),
    takeOut: (uid, targets) =>
      change(uid, (known) => {
        const others = known.gone.filter(({ url }) => !targets.some((target) => target.url === url))
        return { ...known, gone: [...others, ...targets] }
      }),
  }
}

/** Whether what was found out `at` still counts: not when an operator resumed since. */
export const isOut = (at: string, resumedAt: string | null): boolean => resumedAt === null || at > resumedAt

/** A change begins with what the one before it left: it is read back by then. */
function createTurns() {
  const last = new Map<string, Promise<void>>()
  return (uid: string, work: () => Promise<void>): Promise<void> => {
    const mine = (last.get(uid) ?? Promise.resolve()).then(work)
    const settled = mine
      .catch(() => undefined)
      .finally(() => {
        if (last.get(uid) === settled) last.delete(uid)
      })
    last.set(uid, settled)
    return mine
  }
}

import type { Catalog } from '#shared/catalog/catalog.ts'
import type { Subscription } from '#shared/catalog/model.ts'
import { secretsFault, secretsUnreadable } from '#shared/catalog/secrets-fault.ts'
import type { SubscriptionReport } from '#shared/redis/instances.ts'
import { standingOf } from './standing.ts'
import type { ConsumerTelemetry } from './telemetry.ts'

/** Subscriptions that do not run on this instance because it cannot read their secrets. */
export type KeptOut = {
  /** Looks anew: a change of the catalog may have brought readable ones. */
  has(subscription: Subscription): boolean
  /** Forgets all others. */
  retain(uids: ReadonlySet<string>): void
  reports(): SubscriptionReport[]
}

type Fault = { name: string; detail: string; since: string }

/** Each one is logged when it is kept out, and again when the reason is another one. */
export function keepOut(
  catalog: Pick<Catalog, 'signingSecrets' | 'access'>,
  telemetry: Pick<ConsumerTelemetry, 'secretsUnreadable'>,
): KeptOut {
  const faults = new Map<string, Fault>()
  return {
    has(subscription) {
      const { uid, name } = subscription
      const detail = secretsFault(catalog, subscription)
      if (detail === null) {
        faults.delete(uid)
        return false
      }
      if (faults.get(uid)?.detail !== detail) {
        faults.set(uid, { name, detail, since: new Date().toISOString() })
        telemetry.secretsUnreadable(name, detail)
      }
      return true
    },
    retain(uids) {
      for (const uid of faults.keys()) if (!uids.has(uid)) faults.delete(uid)
    },
    reports: () => [...faults].map(([uid, fault]) => reportOf(uid, fault)),
  }
}

function reportOf(uid: string, { name, since }: Fault): SubscriptionReport {
  return {
    ...{ uid, name, phase: 'failed', reason: secretsUnreadable, since, nextProbeAt: null },
    ...{ pairs: [], retrying: 0, targets: [], delivered: 0, standing: standingOf([], new Map()) },
  }
}

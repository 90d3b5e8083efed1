import type { Log } from '#shared/observability/log.ts'
import type { Metrics } from '#shared/observability/metrics.ts'

export type Change = 'created' | 'changed' | 'deleted' | 'moved' | 'secret-rotated' | 'cancelled' | 'retried'

/** Every business log line and metric of the console. */
export type ConsoleTelemetry = {
  changed(kind: 'stream' | 'subscription' | 'key' | 'job', change: Change, name: string): void
  answered(route: string, status: number): void
  /** `keyId`: whose session it is, or null for what was no key and no ticket. */
  signedIn(facts: { keyId: string | null; address: string }): void
  clusterUnreadable(error: unknown): void
}

export function createTelemetry(log: Log, metrics: Metrics): ConsoleTelemetry {
  const changes = metrics.counter(
    'catalog_changes_total',
    'Changes of streams, subscriptions, keys and jobs made here.',
    ['kind', 'change'],
  )
  const answers = metrics.counter('console_answers_total', 'Answers of the console API by route and status.', [
    'route',
    'status',
  ])
  const signIns = metrics.counter('console_sign_ins_total', 'Sessions opened and sign-ins refused.', ['outcome'])
  return {
    changed(kind, change, name) {
      changes.inc({ kind, change })
      log.info({ kind, change, name }, 'the catalog was changed')
    },
    answered: (route, status) => answers.inc({ route, status: String(status) }),
    signedIn({ keyId, address }) {
      signIns.inc({ outcome: keyId === null ? 'refused' : 'opened' })
      if (keyId === null) log.warn({ address }, 'a sign-in was refused')
      else log.info({ keyId, address }, 'signed in')
    },
    clusterUnreadable: (error) => log.debug({ err: error }, 'the cluster cannot be asked; the last picture stays'),
  }
}

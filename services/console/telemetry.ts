import type { Log } from '#shared/observability/log.ts'
import type { Metrics } from '#shared/observability/metrics.ts'

export type Change = 'created' | 'changed' | 'deleted' | 'moved' | 'secret-rotated' | 'cancelled' | 'retried'

/** Every business log line and metric of the console. */
export type ConsoleTelemetry = {
  changed(kind: 'stream' | 'subscription' | 'key' | 'job', change: Change, name: string): void
  answered(route: string, status: number): void
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
  return {
    changed(kind, change, name) {
      changes.inc({ kind, change })
      log.info({ kind, change, name }, 'the catalog was changed')
    },
    answered: (route, status) => answers.inc({ route, status: String(status) }),
    clusterUnreadable: (error) => log.debug({ err: error }, 'the cluster cannot be asked; the last picture stays'),
  }
}

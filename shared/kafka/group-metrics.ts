import type { Metrics } from '#shared/observability/metrics.ts'

export type GroupMetrics = { joined(): void; rebuilt(reason: string): void }

const registered = new WeakMap<Metrics, GroupMetrics>()

/** The metrics of all group memberships of a process, registered once. */
export function groupMetricsOf(metrics: Metrics): GroupMetrics {
  const known = registered.get(metrics)
  if (known !== undefined) return known
  const joins = metrics.counter('group_joins_total', 'Assignments received from consumer groups.')
  const rebuilds = metrics.counter('group_rebuilds_total', 'Memberships replaced by a fresh client.', ['reason'])
  const created = { joined: () => joins.inc(), rebuilt: (reason: string) => rebuilds.inc({ reason }) }
  registered.set(metrics, created)
  return created
}

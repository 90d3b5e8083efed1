import type { Attempt } from '../../api/journey-shapes.ts'

export type Phase = { name: string; fill: string; ms: number }

/**
 * Where the time of an attempt went, shallow to deep. The timings are durations of DNS, connect and TLS; `firstByte` counts
 * from the beginning, so waiting for it is what those leave, and the body is what is left of the total.
 */
export function phasesOf({ timingsMs, decision }: Pick<Attempt, 'timingsMs' | 'decision'>): Phase[] {
  const { dns, connect, tls, firstByte, total } = timingsMs
  const setUp = dns + connect + tls
  const first = firstByte ?? total
  const waited = Math.max(0, first - setUp)
  return [
    { name: 'DNS', fill: 'f-p1', ms: dns },
    { name: 'connect', fill: 'f-p2', ms: connect },
    { name: 'TLS', fill: 'f-p3', ms: tls },
    {
      name: firstByte === null ? 'no answer' : 'first byte',
      fill: decision === 'delivered' ? 'f-p4' : 'f-fail',
      ms: waited,
    },
    { name: 'body', fill: 'f-p5', ms: Math.max(0, total - first) },
  ].filter(({ ms, name }) => ms > 0 || name === 'first byte')
}

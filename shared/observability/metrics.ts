import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from '@prometheus-io/client'
import { droppedLogLines } from './log.ts'

/** The metrics of one process. Names start with `tailrace_`, end in `_total`, `_seconds` or `_bytes`; labels stay few. */
export type Metrics = {
  registry: Registry
  counter<L extends string = never>(name: string, help: string, labels?: readonly L[]): Counter<L>
  gauge<L extends string = never>(
    name: string,
    help: string,
    labels?: readonly L[],
    collect?: (gauge: Gauge<L>) => void,
  ): Gauge<L>
  histogram<L extends string = never>(
    name: string,
    help: string,
    buckets: readonly number[],
    labels?: readonly L[],
  ): Histogram<L>
}

/** Seconds, from half a millisecond to 30 s: wide enough for a broker loss, fine enough for a healthy append. */
export const latencyBuckets = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30]

/** A registry of its own with the default process metrics. */
export function createMetrics(): Metrics {
  const registry = new Registry()
  const registers = [registry]
  collectDefaultMetrics({ register: registry })
  new Gauge({
    name: 'tailrace_log_lines_dropped',
    help: 'Log lines dropped because the reader of stdout was too slow.',
    registers,
    collect() {
      this.set(droppedLogLines())
    },
  })
  return {
    registry,
    counter: (name, help, labels = []) =>
      new Counter({ name: `tailrace_${name}`, help, labelNames: [...labels], registers }),
    gauge: (name, help, labels = [], collect) =>
      new Gauge({
        name: `tailrace_${name}`,
        help,
        labelNames: [...labels],
        registers,
        ...(collect === undefined
          ? {}
          : {
              collect() {
                collect(this)
              },
            }),
      }),
    histogram: (name, help, buckets, labels = []) =>
      new Histogram({ name: `tailrace_${name}`, help, labelNames: [...labels], buckets: [...buckets], registers }),
  }
}

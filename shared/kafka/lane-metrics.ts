import { latencyBuckets, type Metrics } from '#shared/observability/metrics.ts'
import type { AppendFault } from './errors.ts'
import type { LaneObserver } from './lane.ts'

export type LaneMetrics = LaneObserver & {
  /** A send was handed to kafkajs: one produce request, unless it fails. */
  sent(): void
  /** A round was put back because its partitions had two leaders by then. */
  split(): void
  /** Adds a set of lanes to the gauges; returns how to take it out again. */
  add(loads: () => LaneLoad): () => void
}

/** What the lanes of one set hold now. */
export type LaneLoad = { queued: number; broken: number; open: number }

const recordBuckets = [1, 2, 5, 10, 20, 50, 100, 200, 350, 500]
const byteBuckets = [1_000, 5_000, 20_000, 50_000, 100_000, 200_000, 400_000, 800_000, 1_200_000]

const registered = new WeakMap<Metrics, LaneMetrics>()

/** The metrics of all produce lanes of a process, registered once however many sets of lanes there are. */
export function laneMetricsOf(metrics: Metrics): LaneMetrics {
  const known = registered.get(metrics)
  if (known !== undefined) return known
  const created = register(metrics)
  registered.set(metrics, created)
  return created
}

function register(metrics: Metrics): LaneMetrics {
  const loads = new Set<() => LaneLoad>()
  const gauge = (name: string, help: string, of: (load: LaneLoad) => number) =>
    metrics.gauge(name, help, [], (it) => it.set([...loads].reduce((sum, load) => sum + of(load()), 0)))
  gauge('lanes_open', 'Produce lanes that are open.', (load) => load.open)
  gauge('lanes_broken', 'Produce lanes without an acknowledgement for 7 s; they refuse records.', (load) => load.broken)
  gauge('lane_queue_records', 'Records queued in produce lanes.', (load) => load.queued)
  const sends = metrics.counter('lane_sends_total', 'Sends of produce lanes, one produce request each.')
  const splits = metrics.counter('lane_rounds_split_total', 'Rounds put back unsent because a leader had moved.')
  return {
    ...observer(metrics),
    sent: () => sends.inc(),
    split: () => splits.inc(),
    add: (load) => {
      loads.add(load)
      return () => loads.delete(load)
    },
  }
}

function observer(metrics: Metrics): LaneObserver {
  const records = metrics.histogram('lane_batch_records', 'Records per acknowledged batch.', recordBuckets)
  const bytes = metrics.histogram('lane_batch_bytes', 'Bytes per acknowledged batch.', byteBuckets)
  const seconds = metrics.histogram('lane_send_seconds', 'First send of a batch to its answer.', latencyBuckets)
  const resends = metrics.counter('lane_resends_total', 'Batches sent again after an ambiguous failure.')
  const replaced = metrics.counter('lane_producers_replaced_total', 'Producers replaced after a fatal sequence error.')
  const refused = metrics.counter('lane_batches_refused_total', 'Batches that Kafka refused for good.')
  const counterOf = (fault: AppendFault) =>
    fault === 'permanent' || fault === 'unexplained' ? refused : fault === 'producer-fatal' ? replaced : resends
  return {
    acknowledged: (count, size, ms) => {
      records.observe(count)
      bytes.observe(size)
      seconds.observe(ms / 1_000)
    },
    failed: (fault) => counterOf(fault).inc(),
  }
}

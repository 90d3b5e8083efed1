import type { Subscription } from '#shared/catalog/model.ts'
import { BatchBuilder } from '#shared/delivery/log/batch.ts'
import type { LogEntry, LoggedComparison, LoggedRange } from '#shared/delivery/log/entries.ts'
import { TailraceError } from '#shared/errors.ts'
import type { EventRecord } from '#shared/event/record.ts'
import { appendPatiently } from '#shared/kafka/append-patiently.ts'
import type { ProduceLanes } from '#shared/kafka/lanes.ts'
import type { Metrics } from '#shared/observability/metrics.ts'
import { within } from '#shared/resilience/deadline.ts'

export type AttemptLogOptions = {
  lanes: Pick<ProduceLanes, 'append' | 'partitionForKey'>
  topic: string
  partitions: number
  instance: string
  metrics: Metrics
  /** Details of so many deliveries are lost; at most once in 5 s. */
  onLost(error: unknown, deliveries: number): void
}

/** What this process writes down about its deliveries, all subscriptions. */
export type AttemptLog = {
  of(subscription: Pick<Subscription, 'uid' | 'name' | 'stream'>, job?: string | null): SubscriptionLog
}

/** A commit waits so long for the records behind it, then goes on without. */
export const longestWaitMs = 2_000

/** A batch of the lanes holds 800 KB; a record of ours compresses to a tenth of this. */
const recordBytes = 256 * 1024

/** Records on their way, all subscriptions: more of them means that Kafka takes none, and memory has to be kept. */
const mostBytesUnderWay = 16 * 1024 * 1024
const repeatEveryMs = 200
const tellEveryMs = 5_000

export function createAttemptLog(options: AttemptLogOptions): AttemptLog {
  const writer = new RecordWriter(options)
  return {
    of: ({ uid, name, stream }, job = null) =>
      new SubscriptionLog(writer, (partition) => ({
        ...{ uid, subscription: name, stream, partition, instance: options.instance, job },
      })),
  }
}

/**
 * The details of the deliveries of one subscription on this instance, gathered per partition until `flush` or until a
 * record is full. Nothing that is delivered waits for this: what cannot be written within 2 s is lost and counted.
 */
export class SubscriptionLog {
  readonly #writer: RecordWriter
  readonly #ownerOf: (partition: number) => ConstructorParameters<typeof BatchBuilder>[0]
  readonly #builders = new Map<number, BatchBuilder>()
  readonly #underWay = new Set<Written>()

  constructor(writer: RecordWriter, ownerOf: (partition: number) => ConstructorParameters<typeof BatchBuilder>[0]) {
    this.#writer = writer
    this.#ownerOf = ownerOf
  }

  note(partition: number, entry: LogEntry): void {
    this.#change(partition, (builder) => builder.add(entry))
  }

  compare(partition: number, comparison: LoggedComparison): void {
    this.#change(partition, (builder) => builder.compare(comparison))
  }

  noteRange(partition: number, range: LoggedRange): void {
    this.#builderOf(partition).addRange(range)
  }

  /**
   * Writes what was noted. Null when everything noted so far is stored or lost; else resolves when it is, or after 2 s.
   * Also null while records come late or are lost: only the first commit of a trouble waits, not each.
   * Never rejects.
   */
  flush(): Promise<void> | null {
    for (const builder of this.#builders.values()) if (!builder.isEmpty) this.#write(builder)
    return this.#underWay.size === 0 || this.#writer.isInTrouble ? null : this.#settled([...this.#underWay])
  }

  async #settled(written: readonly Written[]): Promise<void> {
    const all = Promise.all(written.map(({ done }) => done))
    if ((await within(all, longestWaitMs, null)) !== null) return
    for (const one of written) if (this.#underWay.has(one)) this.#writer.countLate(one)
  }

  #write(builder: BatchBuilder): void {
    const { count } = builder
    const written = this.#writer.write(builder.take(), count)
    if (written === null) return
    this.#underWay.add(written)
    void written.done.then(() => this.#underWay.delete(written))
  }

  #change(partition: number, change: (builder: BatchBuilder) => void): void {
    const builder = this.#builderOf(partition)
    change(builder)
    if (builder.bytes >= recordBytes) this.#write(builder)
  }

  #builderOf(partition: number): BatchBuilder {
    const known = this.#builders.get(partition)
    if (known !== undefined) return known
    const builder = new BatchBuilder(this.#ownerOf(partition))
    this.#builders.set(partition, builder)
    return builder
  }
}

/** A record on its way. `done` resolves when it is stored or lost. */
type Written = { readonly done: Promise<void>; readonly deliveries: number; isLate: boolean }

class RecordWriter {
  readonly #options: AttemptLogOptions
  readonly #counters: ReturnType<typeof createCounters>
  #bytesUnderWay = 0
  /** The last that is known of a record is that it came late or was lost. */
  #isInTrouble = false
  #toldAtMs = Number.NEGATIVE_INFINITY

  constructor(options: AttemptLogOptions) {
    this.#options = options
    this.#counters = createCounters(options.metrics)
  }

  get isInTrouble(): boolean {
    return this.#isInTrouble
  }

  /** Null: there is no room for it, so it is lost. */
  write(record: EventRecord, deliveries: number): Written | null {
    const bytes = record.value?.length ?? 0
    if (this.#bytesUnderWay + bytes > mostBytesUnderWay) {
      this.#lose(new TailraceError('overloaded', 'too many records of the attempts log are on their way'), deliveries)
      return null
    }
    this.#bytesUnderWay += bytes
    const done = this.#store(record, deliveries).finally(() => {
      this.#bytesUnderWay -= bytes
    })
    return { done, deliveries, isLate: false }
  }

  countLate(written: Written): void {
    if (written.isLate) return
    written.isLate = true
    this.#isInTrouble = true
    this.#counters.late.inc(written.deliveries)
  }

  async #store(record: EventRecord, deliveries: number): Promise<void> {
    try {
      await appendPatiently(this.#options, record, { patienceMs: longestWaitMs, repeatEveryMs })
      this.#isInTrouble = false
      this.#counters.records.inc()
      this.#counters.stored.inc(deliveries)
    } catch (error) {
      this.#lose(error, deliveries)
    }
  }

  #lose(error: unknown, deliveries: number): void {
    this.#isInTrouble = true
    this.#counters.lost.inc(deliveries)
    const nowMs = performance.now()
    if (nowMs - this.#toldAtMs < tellEveryMs) return
    this.#toldAtMs = nowMs
    this.#options.onLost(error, deliveries)
  }
}

function createCounters(metrics: Metrics) {
  return {
    records: metrics.counter('attempt_records_total', 'Records of the attempts log that were stored.'),
    stored: metrics.counter('attempt_details_stored_total', 'Entries of the attempts log that were stored.'),
    late: metrics.counter(
      'attempt_details_late_total',
      'Entries whose offsets were committed after 2 s, before the entries were known to be stored.',
    ),
    lost: metrics.counter('attempt_details_lost_total', 'Entries of the attempts log that were not stored.'),
  }
}

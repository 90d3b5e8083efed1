import { randomBytes } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import type { EventRecord, StoredRecord } from '#shared/event/record.ts'
import { createAdminClient } from './admin-client.ts'
import type { KafkaConnection } from './connection.ts'
import { type Assignment, type GroupKeeper, keepGroup, type RecordBatch } from './group-keeper.ts'

export type FollowerOptions = {
  connection: KafkaConnection
  topic: string
  /** Every record from the log start on, in order per partition, each once; synchronous, must not throw. */
  onRecord(record: StoredRecord): void
  /** How to prove being up to date: appends a record of this instance; returns where it went. */
  hello: { key: Buffer; append(record: EventRecord): Promise<{ partition: number; offset: number }> }
}

export type TopicFollower = {
  /**
   * Appends a hello and waits until it was read back; false when that took longer than `timeoutMs`. Rejects when the
   * hello could not be appended.
   */
  caughtUp(timeoutMs: number): Promise<boolean>
  /** Milliseconds since a broker last answered a fetch. */
  lastFetchAgeMs(): number
  close(): Promise<void>
}

/**
 * Reads a whole topic from its beginning and stays on it, in a group of its own that commits nothing. Positions live in
 * memory, so a broken client, a dead coordinator or a leader move only pause it. The end of a compacted log cannot be
 * compared with offsets, its last record may be gone: being up to date is proved with a record of one's own.
 */
export async function followTopic(options: FollowerOptions): Promise<TopicFollower> {
  return new Follower(options)
}

type Waiter = { partition: number; offset: number; resolve: () => void }

const retryMs = 200

class Follower implements TopicFollower {
  readonly #options: FollowerOptions
  #keeper: GroupKeeper
  /** The next offset to hand on, per partition. */
  readonly #positions = new Map<number, number>()
  #waiters: Waiter[] = []
  #epoch = 0

  constructor(options: FollowerOptions) {
    this.#options = options
    this.#keeper = this.#join()
  }

  async caughtUp(timeoutMs: number): Promise<boolean> {
    const timer = new AbortController()
    const late = sleep(timeoutMs, false, { signal: timer.signal, ref: false }).catch(() => false)
    try {
      return await Promise.race([this.#helloReadBack(), late])
    } finally {
      timer.abort()
    }
  }

  lastFetchAgeMs(): number {
    return this.#keeper.lastFetchAgeMs()
  }

  close(): Promise<void> {
    this.#epoch = 0
    return this.#keeper.stop()
  }

  #join(): GroupKeeper {
    const { connection, topic } = this.#options
    return keepGroup({
      connection,
      groupId: `${topic}.reader.${connection.clientId}.${randomBytes(4).toString('hex')}`,
      topics: [topic],
      sessionTimeoutMs: 6_000,
      onAssigned: (assignment) => void this.#read(assignment),
      onRevoking: () => {
        this.#epoch = 0
      },
      onBatch: (batch) => this.#apply(batch),
      onBroken: (error) => this.#joinAnew(error),
    })
  }

  /** A reader has no partitions that another process could take over: it never gives up. */
  #joinAnew(error: unknown): void {
    const { connection, topic } = this.#options
    connection.log.error({ err: error, topic }, 'the topic is followed with a new group')
    void this.#keeper.stop()
    this.#keeper = this.#join()
  }

  async #helloReadBack(): Promise<boolean> {
    const { key, append } = this.#options.hello
    const at = await append({ key, value: Buffer.from('{}'), headers: {} })
    if ((this.#positions.get(at.partition) ?? 0) > at.offset) return true
    await new Promise<void>((resolve) => this.#waiters.push({ ...at, resolve }))
    return true
  }

  /** Sets where to read, from the log start or where the last membership ended, and lets the records come. */
  async #read({ epoch, partitions }: Assignment): Promise<void> {
    this.#epoch = epoch
    const starts = await this.#logStarts(epoch)
    for (const { partition, low, high } of starts) {
      if (this.#epoch !== epoch || !partitions.includes(partition)) continue
      const known = this.#positions.get(partition) ?? low
      // Behind the log start: compacted or deleted. Beyond its end: the log lost records; what is left is read anew.
      const start = known < low || known > high ? low : known
      this.#positions.set(partition, start)
      this.#keeper.seek(this.#options.topic, partition, start)
      this.#keeper.resume(this.#options.topic, [partition])
    }
  }

  async #logStarts(epoch: number): Promise<{ partition: number; low: number; high: number }[]> {
    const { connection, topic } = this.#options
    const client = createAdminClient(connection)
    try {
      while (this.#epoch === epoch) {
        try {
          const ends = await client.call(`ask for the start of ${topic}`, (admin) => admin.fetchTopicOffsets(topic))
          return ends.map(({ partition, low, high }) => ({ partition, low: Number(low), high: Number(high) }))
        } catch (error) {
          connection.log.debug({ err: error, topic }, 'the start of the log is not known yet')
          await sleep(retryMs)
        }
      }
      return []
    } finally {
      void client.close()
    }
  }

  #apply({ partition, records }: RecordBatch): void {
    for (const record of records) {
      if (record.offset < (this.#positions.get(partition) ?? 0)) continue
      this.#options.onRecord(record)
      this.#positions.set(partition, record.offset + 1)
    }
    const isRead = ({ partition, offset }: Waiter) => (this.#positions.get(partition) ?? 0) > offset
    for (const waiter of this.#waiters.filter(isRead)) waiter.resolve()
    this.#waiters = this.#waiters.filter((waiter) => !isRead(waiter))
  }
}

import { appendFaultOf } from './errors.ts'
import type { LaneBatch } from './lane.ts'
import type { OpenProducer } from './open-producer.ts'

/**
 * How a round ended: written, with the base offsets of its batches in their order; split, which means that nothing was
 * sent (`round.ts`); or unknown: each of its batches may be written or not.
 */
export type RoundAnswer =
  | { kind: 'written'; offsets: readonly number[] }
  | { kind: 'split' }
  | { kind: 'unknown'; error: unknown }

/** The right to send with one producer; it ends with `giveBack` or `retire`. */
export type ProducerLease = {
  /** Its sequence is broken: only what it may have written already may go out with it. */
  readonly isRetired: boolean
  /** Appends one batch; resolves with the offset of its first record. */
  send(batch: LaneBatch): Promise<number>
  /** Appends batches of different partitions of one topic and one leader in one request; never rejects. */
  sendRound(batches: readonly LaneBatch[]): Promise<RoundAnswer>
  /** One more lease of the same producer, be it retired: what may be written is sent again under the same sequence. */
  share(): ProducerLease
  giveBack(): void
  /** Its sequence is broken for good: the next lease is of another producer. */
  retire(): void
}

/** Where senders get producers from. */
export type LaneProducers = {
  /** A lease of the current producer, opened when there is none. Rejects when that fails now. */
  lease(): Promise<ProducerLease>
  /** Ends the current producer when its last lease has come back; there are no leases any more. */
  close(): Promise<void>
}

type Counted = { readonly producer: OpenProducer; readonly topics: Set<string>; leases: number; isRetired: boolean }

/**
 * Idempotent producers, one at a time: for one lane, for all lanes of a topic, or for all lanes of a set.
 *
 * - none: the next lease opens a producer; a producer whose start failed is thrown away whole, because kafkajs would go
 *   on without sequence numbers
 * - current: every lease is of this one
 * - retired: it gives no more leases but those that are shared, and is closed when the last one has come back
 */
export class ProducerSource implements LaneProducers {
  readonly #open: (number: number) => Promise<OpenProducer>
  #opening: Promise<Counted> | undefined
  #opened = 0
  #isClosed = false

  constructor(open: (number: number) => Promise<OpenProducer>) {
    this.#open = open
  }

  async lease(): Promise<ProducerLease> {
    for (;;) {
      if (this.#isClosed) throw new Error('these lanes are closed')
      this.#opening ??= this.#openNext()
      const opening = this.#opening
      const current = await opening.catch((error: unknown) => {
        if (this.#opening === opening) this.#opening = undefined
        throw error
      })
      // It may have been retired while we waited for our turn.
      if (!current.isRetired) return this.#leaseOf(current)
    }
  }

  async close(): Promise<void> {
    this.#isClosed = true
    const current = await this.#opening?.catch(() => undefined)
    if (current !== undefined) await this.#retire(current)
  }

  async #openNext(): Promise<Counted> {
    this.#opened += 1
    const producer = await this.#open(this.#opened)
    return { producer, topics: new Set(), leases: 0, isRetired: false }
  }

  #leaseOf(counted: Counted): ProducerLease {
    counted.leases += 1
    return {
      get isRetired() {
        return counted.isRetired
      },
      send: (batch) => this.#trusted(counted, batch, () => counted.producer.send(batch)),
      sendRound: (batches) => counted.producer.sendRound(batches),
      share: () => this.#leaseOf(counted),
      giveBack: () => void this.#end(counted, false),
      retire: () => void this.#end(counted, true),
    }
  }

  /**
   * kafkajs asks for the metadata of every topic a producer ever wrote to, all at once: when one of them is deleted, nothing
   * can be sent to the others any more. So a producer that also wrote elsewhere is not trusted with an unknown topic.
   */
  async #trusted<T>(counted: Counted, { topic }: LaneBatch, send: () => Promise<T>): Promise<T> {
    try {
      const answer = await send()
      counted.topics.add(topic)
      return answer
    } catch (error) {
      const wroteElsewhere = [...counted.topics].some((written) => written !== topic)
      if (wroteElsewhere && appendFaultOf(error) === 'unknown-topic') void this.#retire(counted)
      throw error
    }
  }

  async #end(counted: Counted, retire: boolean): Promise<void> {
    counted.leases -= 1
    if (retire) await this.#retire(counted)
    else if (counted.isRetired && counted.leases === 0) await counted.producer.close()
  }

  async #retire(counted: Counted): Promise<void> {
    if (!counted.isRetired) this.#opening = undefined
    counted.isRetired = true
    if (counted.leases === 0) await counted.producer.close()
  }
}

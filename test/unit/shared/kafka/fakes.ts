import type { Message } from 'kafkajs'
import type { EventRecord } from '#shared/event/record.ts'
import type { Clock } from '#shared/kafka/clock.ts'
import type { LaneObserver } from '#shared/kafka/lane.ts'
import type { LaneProducers, ProducerLease } from '#shared/kafka/lane-producers.ts'

/**
 * What the fake broker does with one send: `lost-reply` and `lost-request` look the same to the lane, and so do
 * `odd-reply` and `odd-refusal`, a code of a newer broker with the batch written or not.
 */
export type Outcome = 'ok' | 'lost-reply' | 'lost-request' | 'odd-reply' | 'odd-refusal' | 'fatal' | 'silence'

/** Time that passes only in `sleep` and `advance`. */
export class FakeClock implements Clock {
  time = 0
  slept: number[] = []
  now = () => this.time
  turn = () => Promise.resolve()

  async sleep(ms: number): Promise<void> {
    this.slept.push(ms)
    this.time += ms
  }
}

/** An error as kafkajs throws it: the protocol type sits on a cause. */
export function kafkaError(type: string): Error {
  const cause = Object.assign(new Error(type), { name: 'KafkaJSProtocolError', type })
  return Object.assign(new Error(type, { cause }), { name: 'KafkaJSNonRetriableError' })
}

/** A code that kafkajs does not know. */
export const oddError = () =>
  Object.assign(kafkaError('KAFKAJS_UNKNOWN_ERROR_CODE'), { message: 'Unknown error code 999' })

export const timeoutError = () => Object.assign(new Error('timed out'), { name: 'KafkaJSRequestTimeoutError' })

export const textRecord = (value: string): EventRecord => ({ key: null, value: Buffer.from(value), headers: {} })

/** One send as the broker saw it. */
export type SeenSend = { producer: number; values: string[] }

/**
 * A partition with Kafka's rule for duplicates (the same first sequence and size as the last batch of that producer is
 * answered with the old offset) and kafkajs's rule for sequences (rolled back when a send fails).
 */
export class FakePartition implements LaneProducers {
  readonly log: string[] = []
  readonly sends: SeenSend[] = []
  readonly #outcomes: Outcome[]
  readonly #isRefused: (value: string) => Error | undefined
  readonly #next = new Map<number, number>()
  readonly #last = new Map<number, { sequence: number; count: number; offset: number }>()
  #current = 0
  #silent: (() => void)[] = []

  constructor(outcomes: Outcome[] = [], isRefused: (value: string) => Error | undefined = () => undefined) {
    this.#outcomes = outcomes
    this.#isRefused = isRefused
  }

  readonly lease = async (): Promise<ProducerLease> => this.#leaseOf(this.#current)
  readonly close = async () => undefined

  /** Lets sends that met `silence` fail now. */
  breakSilence(): void {
    for (const fail of this.#silent.splice(0)) fail()
  }

  #leaseOf(id: number): ProducerLease {
    return {
      isRetired: id !== this.#current,
      send: async ({ messages }) => {
        const sequence = this.#next.get(id) ?? 0
        const offset = await this.#receive(id, sequence, messages)
        this.#next.set(id, sequence + messages.length)
        return offset
      },
      sendRound: () => Promise.reject(new Error('a single partition has no rounds')),
      share: () => this.#leaseOf(id),
      giveBack: () => undefined,
      retire: () => {
        this.#current = id + 1
      },
    }
  }

  async #receive(id: number, sequence: number, messages: readonly Message[]): Promise<number> {
    const values = messages.map((message) => String(message.value))
    this.sends.push({ producer: id, values })
    const refusal = values.map(this.#isRefused).find((error) => error !== undefined)
    if (refusal !== undefined) throw refusal
    const outcome = this.#outcomes.shift() ?? 'ok'
    if (outcome === 'lost-request') throw timeoutError()
    if (outcome === 'odd-refusal') throw oddError()
    if (outcome === 'fatal') throw kafkaError('OUT_OF_ORDER_SEQUENCE_NUMBER')
    if (outcome === 'silence') {
      await new Promise<void>((resolve) => this.#silent.push(resolve))
      throw timeoutError()
    }
    const offset = this.#append(id, sequence, values)
    if (outcome === 'lost-reply') throw timeoutError()
    if (outcome === 'odd-reply') throw oddError()
    return offset
  }

  #append(id: number, sequence: number, values: string[]): number {
    const last = this.#last.get(id)
    if (last !== undefined && last.sequence === sequence && last.count === values.length) return last.offset
    const offset = this.log.push(...values) - values.length
    this.#last.set(id, { sequence, count: values.length, offset })
    return offset
  }
}

/** Counts what a lane reports. */
export class CountingObserver implements LaneObserver {
  batches: number[] = []
  faults: string[] = []
  acknowledged = (records: number) => this.batches.push(records)
  failed = (fault: string) => this.faults.push(fault)
}

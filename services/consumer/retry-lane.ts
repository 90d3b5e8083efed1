import { setTimeout as sleep } from 'node:timers/promises'
import { TailraceError } from '#shared/errors.ts'
import type { ProduceLanes } from '#shared/kafka/lanes.ts'
import type { Effect } from './pair/effects.ts'

/** One record for the retry partition, as a pair asked for it. */
export type Append = Extract<Effect, { kind: 'append' }>

export type RetryLaneOptions = {
  lanes: Pick<ProduceLanes, 'append' | 'dropTopicPartition'>
  topic: string
  partition: number
  onAppended(append: Append, offset: number): void
  /** Kafka will never take this record. */
  onRefused(append: Append, detail: string): void
  /** Kafka does not take records now; they are tried again. */
  onDelay(error: unknown): void
  /** Of several records some were settled. */
  onProgress(): void
}

/** A produce lane sends as many in one batch, and takes at most four times these bytes at once. */
const windowRecords = 500
const windowBytes = 8 * 1024 * 1024
const repeatEveryMs = 200

/**
 * The appends of one pair to its retry partition, in the order in which they were asked for: a window of them is with the
 * produce lane, which keeps one batch in flight; the next goes out when all of it is settled. What the lane does not take
 * now stays in its place, so nothing overtakes it.
 */
export class RetryLane {
  readonly #options: RetryLaneOptions
  #waiting: Append[] = []
  #isSending = false
  readonly #dropped = new Set<string>()

  constructor(options: RetryLaneOptions) {
    this.#options = options
  }

  append(append: Append): void {
    this.#waiting.push(append)
    if (this.#isSending) return
    this.#isSending = true
    // After the step that asked for it: what else it asks for goes into the same batch.
    queueMicrotask(() => void this.#sendAll())
  }

  /** The epoch `token` is over: nothing of it that was not sent is sent any more. */
  drop(token: string): void {
    const { lanes, topic, partition } = this.#options
    this.#dropped.add(token)
    this.#waiting = this.#waiting.filter((one) => one.token !== token)
    lanes.dropTopicPartition(topic, partition)
  }

  async #sendAll(): Promise<void> {
    while (this.#waiting.length > 0) {
      const window = this.#waiting.splice(0, lengthOfWindow(this.#waiting))
      const results = await Promise.all(window.map((append) => this.#send(append)))
      this.#options.onProgress()
      const again = window.filter((append, at) => results[at] === false && !this.#dropped.has(append.token))
      if (again.length === 0) continue
      this.#waiting = [...again, ...this.#waiting]
      await sleep(repeatEveryMs)
    }
    this.#isSending = false
    this.#dropped.clear()
  }

  /** False: to be tried again. */
  async #send(append: Append): Promise<boolean> {
    const { lanes, topic, partition, onAppended, onRefused, onDelay } = this.#options
    try {
      const offset = await lanes.append(topic, partition, append.record)
      onAppended(append, offset)
      return true
    } catch (error) {
      if (isRefusal(error)) {
        onRefused(append, error.detail)
        return true
      }
      onDelay(error)
      return false
    }
  }
}

function lengthOfWindow(waiting: readonly Append[]): number {
  let bytes = 0
  const beyond = waiting.slice(0, windowRecords).findIndex(({ record }, at) => {
    bytes += (record.value?.length ?? 0) + (record.key?.length ?? 0)
    return at > 0 && bytes > windowBytes
  })
  return beyond < 0 ? windowRecords : beyond
}

function isRefusal(error: unknown): error is TailraceError {
  return error instanceof TailraceError && (error.code === 'event-too-large' || error.code === 'event-invalid')
}

import { type AppendFault, appendFaultOf, RepeatedSend } from './errors.ts'

/**
 * What a failed try means for its batch and for the lane.
 * - `stays`: the identical batch goes out again
 * - `refused`: not written, and never will be
 * - `unknown`: given up; it may be written
 * - `nowhere`: there is no such topic, for nothing that waits either
 *
 * `isDoubtful`: this try or an earlier one may have written it. `isSpoilt`: its producer must not send anything else, or Kafka
 * may take that for this batch.
 */
export type Judged = {
  fault: AppendFault
  ending: 'stays' | 'refused' | 'unknown' | 'nowhere'
  isDoubtful: boolean
  isSpoilt: boolean
}

/** A topic that was just created is unknown to some brokers for a moment, and any topic to a broker that starts. */
const unknownTopicAfterMs = 15_000

/**
 * The tries of the batch that a lane has in flight. Sequence numbers that kafkajs takes back may be used up all the same:
 * when a batch ends unacknowledged after a try that may have written it, what came next under its numbers would be
 * acknowledged and vanish.
 */
export class Tries {
  #failures = 0
  /** An earlier try may have written it. */
  #isDoubtful = false
  /** Since when every answer has been that the topic is unknown. */
  #unknownSince: number | undefined

  /** How many failed. */
  get failures(): number {
    return this.#failures
  }

  /** A round never condemns a batch, because its error does not say whose fault it is. */
  judge(error: unknown, sent: 'alone' | 'in a round', nowMs: number): Judged {
    const kind = appendFaultOf(error)
    this.#unknownSince = kind === 'unknown-topic' ? (this.#unknownSince ?? nowMs) : undefined
    const isNowhere = nowMs - (this.#unknownSince ?? nowMs) >= unknownTopicAfterMs
    const fault = sent === 'in a round' ? 'ambiguous' : isNowhere ? 'permanent' : kind
    // What Kafka refuses for good, or for a topic that it does not know, it has not written in that try.
    const isUnwritten = kind === 'permanent' || (kind === 'unknown-topic' && !(error instanceof RepeatedSend))
    if (!isUnwritten) this.#isDoubtful = true
    const ending = this.#endingOf(fault, isNowhere)
    // Perhaps only the producer that it was bound to does not know the topic: what comes next has another one.
    if (ending === 'unknown') this.#unknownSince = undefined
    if (ending === 'stays') this.#failures += 1
    const isSpoilt = fault === 'producer-fatal' || ending === 'unknown' || ending === 'nowhere'
    return { fault, ending, isDoubtful: this.#isDoubtful, isSpoilt }
  }

  /** Another batch. */
  startAnew(): void {
    this.#failures = 0
    this.#isDoubtful = false
  }

  /** Kafka knows the topic. */
  acknowledged(): void {
    this.#unknownSince = undefined
  }

  #endingOf(fault: AppendFault, isNowhere: boolean): Judged['ending'] {
    if (fault === 'unexplained') return 'unknown'
    if (fault !== 'permanent') return 'stays'
    if (this.#isDoubtful) return 'unknown'
    return isNowhere ? 'nowhere' : 'refused'
  }
}

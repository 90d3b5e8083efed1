import { rebalanceTimeoutMs } from './group-member.ts'

/** What a membership is doing and when it last gave a sign of life; monotonic ms. */
export type Vitals =
  | { state: 'joining'; since: number }
  | { state: 'joined'; heartbeatAt: number; loopedAt: number }
  | { state: 'away' }

const joinedLimitMs = 3_000
/** The coordinator itself waits for other members up to the rebalance timeout. */
const joiningLimitMs = rebalanceTimeoutMs + 1_500
/** A longer gap between two looks means that our own event loop stood still: the client gets a fresh chance. */
const stallMs = 1_000

/**
 * Watches for a membership that went silent: kafkajs never looks a frozen coordinator up again and may wait for ever.
 * Ask it every 200 ms; `now` is monotonic.
 */
export class SilenceWatch {
  #lastLookAt: number
  #excusedUntil: number

  constructor(now: number) {
    this.#lastLookAt = now
    this.#excusedUntil = now
  }

  /** Why the membership counts as broken, if it does; `slackMs`: it may be silent for so much longer. */
  look(vitals: Vitals, now: number, slackMs = 0): string | undefined {
    const limitMs = joinedLimitMs + slackMs
    if (now - this.#lastLookAt > stallMs) this.#excusedUntil = now
    this.#lastLookAt = now
    const silentFor = (signAt: number) => now - Math.max(signAt, this.#excusedUntil)
    if (vitals.state === 'joining' && silentFor(vitals.since) > joiningLimitMs) return 'joining takes too long'
    if (vitals.state !== 'joined') return undefined
    if (silentFor(vitals.heartbeatAt) > limitMs) return 'no heartbeat'
    if (silentFor(vitals.loopedAt) > limitMs) return 'no fetch'
    return undefined
  }
}

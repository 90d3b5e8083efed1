import type { Outcome } from '../../../services/consumer/pair/inputs.ts'
import type { Random } from './random.ts'

export type Nature = 'good' | 'poison' | 'refused'

/** What becomes of one request: whether the receiver took the event, and what the sender hears. */
export type Reception = { accepted: boolean; outcome: Outcome }

export type Receiver = {
  /** All breakers of the sender are open: failures prove nothing about an event. */
  isDown: boolean
  receive(nature: Nature, nowMs: number, isHealed: boolean): Reception
}

export function createReceiver(random: Random): Receiver {
  const receiver: Receiver = {
    isDown: false,
    receive(nature, nowMs, isHealed) {
      const times = { attempts: 1, firstAttemptAtMs: nowMs, lastAttemptAtMs: nowMs }
      const end = (outcome: EndOf): Outcome => ({ ...outcome, ...times })
      if (nature === 'refused') return { accepted: false, outcome: end(refusal) }
      if (isHealed) return { accepted: true, outcome: end({ kind: 'delivered' }) }
      if (receiver.isDown) return { accepted: false, outcome: end({ kind: 'unproven' }) }
      const fails = random.happens(0.15) || (nature === 'poison' && random.happens(0.8))
      if (fails) return { accepted: false, outcome: end(failure(random)) }
      // the event is taken, but the answer does not come through
      return { accepted: true, outcome: end(random.happens(0.1) ? failed : { kind: 'delivered' }) }
    },
  }
  return receiver
}

type WithoutTimes<T> = T extends unknown ? Omit<T, 'attempts' | 'firstAttemptAtMs' | 'lastAttemptAtMs'> : never
type EndOf = WithoutTimes<Outcome>

const refusal: EndOf = { kind: 'refused', cause: 'refused', code: 'status-422', detail: '' }
const failed: EndOf = { kind: 'failed', eventId: 'e', cause: 'exhausted', code: 'status-500', detail: '' }

function failure(random: Random): EndOf {
  if (random.happens(0.85)) return failed
  return { kind: 'target-waits', waitMs: 50, own: random.happens(0.7), code: 'status-429', detail: '' }
}

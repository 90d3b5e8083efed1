import { bareDelivery } from './answer.ts'
import { cursorOf } from './cursor.ts'
import type { StateNames } from './live-state.ts'
import { type StreamQuestion, walkStream } from './stream-walk.ts'

/** States of those that wait for their turn, as the phase of their subscription names them. */
export const waitingStates: readonly string[] = ['queued', 'held', 'paused']

/**
 * What a subscription has not come to yet, newest first: what of its stream it has not finished, and the attempts log says
 * nothing about. One that is under way is none of these.
 */
export async function listWaiting(question: StreamQuestion, names: StateNames) {
  const { subscription, filter } = question
  const { name, uid } = subscription
  if (filter.target !== undefined || filter.state !== names.phase(uid)) return { items: [], next: null }
  const { items, next } = await walkStream(question, {
    ...{ isFinished: false, heedsRanges: false },
    itemOf({ partition, offset }) {
      const state = names.waiting({ uid, partition }, offset)
      if (state !== filter.state) return null
      return bareDelivery({ subscription: name, uid, stream: subscription.stream, partition }, offset, {
        state,
        because: null,
      })
    },
    isCertain: () => true,
  })
  return { items, next: next === null ? null : cursorOf(next, 'stream') }
}

import { setImmediate as nextTurn } from 'node:timers/promises'
import { longPollOf } from './long-poll.ts'
import { patchable } from './patched-client.ts'

/** What the patch uses of kafkajs/src/consumer/runner. */
export type Runner = {
  running: boolean
  heartbeatInterval: number
  consumerGroup: { groupId: string; maxWaitTime: number }
  fetch(nodeId: number): Promise<unknown[]>
}

/**
 * Ends the fetch loops of a consumer that no longer runs. kafkajs answers them with an empty batch at once, and a loop that
 * was created while the consumer stopped (brokers came or went in that moment) asks again for ever without leaving the
 * microtask queue: the whole process freezes, deaf to signals and to the death of its launcher. Seen when all brokers were
 * killed at once. Here the loop is told to end, one turn later.
 *
 * Gives a fetch the pace that the group has now; kafkajs has one for ever. False, and nothing changed, for an unknown version.
 */
export function patchFetchLoop(): boolean {
  const prototype = patchable<{ prototype: Runner }>('consumer/runner')?.prototype
  if (prototype === undefined) return false
  if (!Object.hasOwn(prototype.fetch, mark)) prototype.fetch = guarded(prototype.fetch)
  return true
}

const mark = Symbol('ends when stopped, and rests')

function guarded(fetch: Runner['fetch']): Runner['fetch'] {
  async function guardedFetch(this: Runner, nodeId: number): Promise<unknown[]> {
    if (!this.running) {
      await nextTurn()
      throw new Error('the consumer has stopped')
    }
    const pace = longPollOf(this.consumerGroup.groupId)?.pace
    if (pace !== undefined) {
      this.consumerGroup.maxWaitTime = pace.waitMs
      this.heartbeatInterval = pace.heartbeatMs
    }
    return await fetch.call(this, nodeId)
  }
  return Object.assign(guardedFetch, { [mark]: true })
}

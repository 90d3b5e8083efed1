import type { Assigner, PartitionAssigner } from 'kafkajs'
import { patchable } from './patched-client.ts'

/** What the patch uses of kafkajs/src/consumer/consumerGroup. */
export type ConsumerGroup = {
  readonly assigners: readonly (Assigner & Partial<Gate>)[]
  /** Null before the first join, and when the coordinator has forgotten this member. */
  readonly memberId: string | null
  joinAndSync(): Promise<void>
}

type Gate = {
  /** Awaited before a member joins its group anew: until then it holds what it was assigned, and may commit it. */
  beforeJoin(): Promise<void>
}

const patched = new WeakSet<ConsumerGroup>()

/**
 * kafkajs joins a rebalancing group at once, whatever is still under way in the member. Here an assigner may ask for a moment
 * before, in which a member hands back in order. False, and nothing changed, for an unknown version.
 */
export function patchJoin(): boolean {
  const prototype = patchable<{ prototype: ConsumerGroup }>('consumer/consumerGroup')?.prototype
  if (prototype === undefined) return false
  if (patched.has(prototype)) return true
  patched.add(prototype)
  const { joinAndSync } = prototype
  prototype.joinAndSync = async function join(this: ConsumerGroup) {
    if (this.memberId !== null) for (const { beforeJoin } of this.assigners) await beforeJoin?.()
    await joinAndSync.call(this)
  }
  return true
}

/** `assigner` with a gate. */
export function gated(assigner: PartitionAssigner, beforeJoin: () => Promise<void>): PartitionAssigner {
  return (options) => Object.assign(assigner(options), { beforeJoin })
}

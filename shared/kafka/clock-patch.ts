import { patchable } from './patched-client.ts'

type Made = { readonly prototype: object }

/** What kafkajs takes from the wall clock and compares with it later, by module and field. */
const moments: readonly (readonly [path: string, field: string])[] = [
  ['consumer/consumerGroup', 'lastRequest'],
  ['network/requestQueue/socketRequest', 'sentAt'],
  ['network/requestQueue', 'throttledUntil'],
  ['cluster/brokerPool', 'metadataExpireAt'],
]

/**
 * Keeps kafkajs right when the wall clock jumps. It counts by it: back by an hour and a member sends no heartbeat for an
 * hour, which the coordinator takes for its death; forward and every request that is under way is over its time. Here each
 * moment that it remembers stays as far away as it really is. False, and nothing changed, for an unknown version.
 */
export function patchClocks(): boolean {
  for (const [path, field] of moments) {
    const made = patchable<Made>(path)
    if (made === null) return false
    Object.defineProperty(made.prototype, field, momentOf(Symbol(field)))
  }
  return true
}

/** Kept on the monotonic clock, read on the wall clock of now. */
function momentOf(kept: symbol): PropertyDescriptor & ThisType<Record<symbol, unknown>> {
  return {
    configurable: true,
    set(atMs: unknown) {
      this[kept] = typeof atMs === 'number' ? atMs - Date.now() + performance.now() : atMs
    },
    get() {
      const atMs = this[kept]
      return typeof atMs === 'number' ? Math.round(atMs - performance.now() + Date.now()) : atMs
    },
  }
}

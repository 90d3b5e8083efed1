import type { Burial, Delivery } from './deliveries.ts'
import { sourceOf } from './deliveries.ts'
import type { LoadedDelivery } from './effects.ts'
import { leavePlace } from './places.ts'
import { emit, type Pair } from './states.ts'

/** Ends a delivery without success: nothing of it is finished before its dead letter is acknowledged. */
export function bury(pair: Pair, delivery: LoadedDelivery, burial: Burial): void {
  const { queue } = delivery
  const { cause, code, detail } = burial
  delivery.state = 'burying'
  delivery.burial = null
  queue.busy = delivery
  leavePlace(pair.table, queue)
  pair.table.count.appending += 1
  const ref = { kind: 'dead-letter', ...sourceOf(delivery) } as const
  emit(pair, { kind: 'append-dead-letter', token: pair.token, ref, delivery, cause, code, detail })
}

/** More events wait behind a failing head than one key may have: the head makes way for them. */
export function buryForBacklog({ policy }: Pair, head: Delivery): void {
  const detail = `${head.queue.length} events of its key wait; the limit is ${policy.waiting.perKey}`
  head.burial = { cause: 'key-backlog', code: 'key-backlog', detail }
}

import type { Subscription } from '#shared/catalog/model.ts'
import type { AttemptRequest } from '#shared/delivery/attempt.ts'
import { createKafkaSender } from '#shared/delivery/kafka-sender.ts'
import type { RunnerEnvironment } from './environment.ts'
import type { Attempted } from './target.ts'

type Environment = Pick<RunnerEnvironment, 'targetMetrics' | 'destinationLanes' | 'admin'>

/** How an attempt is made that is no HTTP request; `mayStart` is asked in the moment in which it would go out. */
export type Send = (request: AttemptRequest, mayStart: () => boolean) => Promise<Attempted>

/** How the events of a subscription go out when its destination takes no HTTP requests; null when it does. */
export function senderOf(
  { targetMetrics: metrics, destinationLanes: lanes, admin }: Environment,
  { destination, delivery }: Pick<Subscription, 'destination' | 'delivery'>,
): Send | null {
  if (destination.kind !== 'kafka') return null
  const sender = createKafkaSender({ topic: destination.topic ?? '', lanes, admin, timeoutMs: delivery.timeoutMs })
  return async (request, mayStart) => {
    const decision = await sender.attempt(request, { mayStart })
    metrics.attempts.inc({ result: decision.kind === 'delivered' ? 'stored' : 'kafka' })
    return { result: null, decision }
  }
}

import type { Stream, Subscription } from '#shared/catalog/model.ts'
import type { StoredRecord } from '#shared/event/record.ts'
import type { Console } from '../context.ts'
import type { StateNames } from '../deliveries/live-state.ts'
import { phaseOf, reportsOn } from '../subscription-status.ts'
import type { EventPosition } from './stored.ts'

/** What the state of a delivery is judged by where the log does not tell it. */
export type Scene = {
  console: Pick<Console, 'admin' | 'index' | 'catalog' | 'monitor'>
  stream: Stream
  at: EventPosition & { key: string | null; type: string | null }
  /** The event itself; null when it is gone. */
  record(): Promise<StoredRecord | null>
  names: StateNames
}

/** What is the matter with a subscription that delivers nothing now. */
export function becauseOfPhase({ console, names }: Scene, subscription: Subscription): string | null {
  const reports = reportsOn(subscription, names.instances)
  const { phase, reason } = phaseOf(console, subscription, reports)
  const error = reports.flatMap(({ targets }) => targets).find(({ lastError }) => lastError !== null)?.lastError
  switch (reason) {
    case 'operator':
      return 'an operator paused the subscription'
    case 'held-by-operator':
      return 'an operator holds the subscription'
    case 'all-targets-failing':
      return error == null ? 'all targets of the subscription fail' : `all targets of the subscription fail: ${error}`
    case 'target-waits':
      return 'the target asked to wait'
    case 'receiver-gone':
      return 'every target answered 410: the receiver is gone for good'
    case null:
      return phase === 'active' ? 'it is its turn' : null
    default:
      return `the subscription is ${phase}: ${reason}`
  }
}

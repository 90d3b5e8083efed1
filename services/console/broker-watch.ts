import { brokerBack, brokerLost } from '#shared/catalog/ops/events.ts'
import type { OpsEvents } from '#shared/catalog/ops/ops-events.ts'
import type { BrokerPicture } from './cluster-picture.ts'

/**
 * Raises an operational event for every broker that went or came between two pictures. Consoles tell, because they look at
 * the whole cluster; of several the first one does. One that was away when a console started is told when it comes back.
 */
export function tellBrokers(
  ops: Pick<OpsEvents, 'raiseChange'>,
  before: readonly BrokerPicture[],
  after: readonly BrokerPicture[],
): void {
  for (const { id, address, up } of after) {
    const known = before.find((broker) => broker.id === id)
    if (known === undefined || known.up === up) continue
    const value = up ? 'up' : 'lost'
    void ops.raiseChange({
      ...{ mark: `broker:${id}`, value, before: known.up ? 'up' : 'lost', isSpeaker: true },
      eventOf: (was) => (was === value ? null : (up ? brokerBack : brokerLost)({ id, address })),
    })
  }
}

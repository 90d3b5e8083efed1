/** Where a delivery stands: the name of its subscription, partition and offset of its event. */
export type DeliveryPlace = { subscription: string; partition: number; offset: number }

/** The name of a delivery: subscription, partition and offset of its event. */
export const deliveryId = (subscription: string, partition: number, offset: number): string =>
  `${subscription}-${partition}-${offset}`

/** A subscription may be named like an id itself, so the last two numbers count. */
const form = /^(.+)-(0|[1-9]\d{0,5})-(0|[1-9]\d{0,14})$/

/** What `deliveryId` was made of; null for a text that it never makes. */
export function parseDeliveryId(id: string): DeliveryPlace | null {
  const [, subscription, partition, offset] = form.exec(id) ?? []
  if (subscription === undefined) return null
  return { subscription, partition: Number(partition), offset: Number(offset) }
}

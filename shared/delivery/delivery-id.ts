/** The name of a delivery: subscription, partition and offset of its event. */
export const deliveryId = (subscription: string, partition: number, offset: number): string =>
  `${subscription}-${partition}-${offset}`

/** Events published at a steady rate through the door and delivered to a receiver that answers at once. */
export type EndToEndScenario = {
  name: string
  what: string
  perSecond: number
  /** At most; ms from the moment an event was due to be published to its arrival at the receiver. */
  goals: { p50Ms: number; p99Ms: number }
}

export const endToEndScenarios: readonly EndToEndScenario[] = [
  { name: 'e2e-200', what: '200 events a second, 1,000 keys', perSecond: 200, goals: { p50Ms: 4, p99Ms: 13 } },
  { name: 'e2e-1000', what: '1,000 events a second, 1,000 keys', perSecond: 1_000, goals: { p50Ms: 10, p99Ms: 50 } },
]

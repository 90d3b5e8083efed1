import type { LoggedState } from '#shared/delivery/log/entries.ts'

/** By number in the index. 0 is by far the most frequent; 1 to 3 are not over. */
export const stateNumbers: Readonly<Record<LoggedState, number>> = {
  ...{ delivered: 0, retrying: 1, queued: 2, waiting: 3, 'dead-lettered': 4, discarded: 5 },
}

const names = Object.fromEntries(Object.entries(stateNumbers).map(([name, number]) => [number, name]))

export const stateName = (number: number): LoggedState => (names[number] ?? 'delivered') as LoggedState

import { blockerOf } from './blockers.ts'
import { hasRanges, listRows, toldAbout, wholeDelivery } from './deliveries.ts'
import { eventAt, findEvents, listEvents } from './events.ts'
import { longestQueues } from './key-queues.ts'
import { lettersAt, lettersOf } from './letters.ts'
import { firstMinute, indexStatus, listAudit, readMinutes } from './watching.ts'

/** Every question to the index by its name: what a reader thread runs. */
export const queries = {
  ...{ listEvents, findEvents, eventAt, lettersOf, lettersAt },
  ...{ toldAbout, blockerOf, wholeDelivery, listRows, hasRanges, longestQueues },
  ...{ indexStatus, readMinutes, firstMinute, listAudit },
} as const

export type Queries = typeof queries
export type QueryName = keyof Queries
/** What a question is about: none of some. */
export type QueryArgs<N extends QueryName> = Parameters<Queries[N]> extends [unknown, infer A] ? A : null
export type QueryAnswer<N extends QueryName> = ReturnType<Queries[N]>

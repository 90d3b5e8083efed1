import { Type } from 'typebox'
import { timeOf } from '../dead-letters.ts'
import { pageQuery } from '../page.ts'
import type { Query } from '../route.ts'
import { deliveryStates } from './answer.ts'
import type { DeliveryFilter } from './list.ts'

const timeQuery = (description: string) => Type.String({ format: 'date-time', maxLength: 40, description })

/** The query of a list of deliveries. */
export const listQuery = {
  ...pageQuery,
  subscription: Type.String({ maxLength: 63, description: 'Also one that was deleted.' }),
  state: Type.Enum([...deliveryStates], {
    description:
      'delivering is as of the last second, and not to be combined with key, type, target, since or until. filtered needs a subscription; with one, queued, held and paused also tell of events that were never tried.',
  }),
  key: Type.String({ maxLength: 1_024 }),
  type: Type.String({ maxLength: 256 }),
  target: Type.String({ maxLength: 2_048, description: 'URL of a target that was tried.' }),
  since: timeQuery('Inclusive.'),
  until: timeQuery('Exclusive.'),
}

/** `name`: the subscription as it is asked for. `cursor` as it came: each list has its own. */
export type Question = {
  name: string | undefined
  filter: Omit<DeliveryFilter, 'uid' | 'name'>
  cursor: string | null
  limit: number
}

export function questionOf(query: Query): Question {
  return {
    name: text(query.subscription),
    filter: {
      ...{ state: text(query.state), key: text(query.key), type: text(query.type), target: text(query.target) },
      ...{ sinceMs: timeOf('since', text(query.since) ?? null), untilMs: timeOf('until', text(query.until) ?? null) },
    },
    cursor: text(query.cursor) ?? null,
    limit: Number(query.limit),
  }
}

const text = (value: Query[string]): string | undefined => (value === undefined ? undefined : String(value))

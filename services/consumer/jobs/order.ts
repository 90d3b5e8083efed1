import type { Ordering } from '#shared/catalog/model.ts'
import type { Source } from '#shared/event/source.ts'

/** What of a job keeps its order: the events of one key, all of one partition, or none, as the subscription says. */
export function orderOf(ordering: Ordering, { topic, partition }: Source, key: string | null): string | null {
  switch (ordering) {
    case 'key':
      return key === null ? null : `${topic}/${partition}/${key}`
    case 'partition':
      return `${topic}/${partition}`
    case 'none':
      return null
    default:
      return ordering satisfies never
  }
}

import type { Selection } from '../../api/job-shapes.ts'

type Query = Readonly<Record<string, string | undefined>>

/** What a redrive or discard is about, as the address says it. The type narrows the list, but no job: it is not part of a selection. */
export function selectionOf({ subscription = '', cause, key, since, until, ids, redrive, discard }: Query): Selection {
  const byIds = (redrive ?? discard) === 'ids' && ids !== undefined
  if (byIds) return { subscription, cause: null, ids: ids.split(' '), key: null, since: null, until: null }
  return {
    subscription,
    cause: cause === undefined ? null : [cause],
    ids: null,
    key: key ?? null,
    since: since ?? null,
    until: until ?? null,
  }
}

/** The selection in words. */
export function wordsOfSelection({ subscription, cause, ids, key, since, until }: Selection): string {
  const parts = [
    `subscription = ${subscription}`,
    cause && `cause = ${cause.join(' or ')}`,
    ids && `${ids.length === 1 ? ids[0] : `${ids.length} chosen letters`}`,
    key && `key = ${key}`,
    since && `died since ${since}`,
    until && `died before ${until}`,
  ]
  return parts.filter((part) => part).join(', ')
}

import type { Subscription } from '../../api/subscription-shapes.ts'

/** What the form holds: texts as they are typed. */
export type Draft = {
  name: string
  stream: string
  urls: string
  types: string
  cel: string
  ordering: string
  from: string
  concurrency: string
  timeoutSeconds: string
  perSecond: string
  description: string
}

export const emptyDraft: Draft = {
  ...{ name: '', stream: '', urls: '', types: '', cel: '', ordering: 'key', from: 'latest' },
  ...{ concurrency: '64', timeoutSeconds: '15', perSecond: '', description: '' },
}

/** The form of what is defined. */
export function draftOf({
  name,
  stream,
  destination,
  filter,
  ordering,
  from,
  delivery,
  description,
}: Subscription): Draft {
  return {
    ...{ name, stream, ordering, from, description },
    urls: (destination.targets ?? []).map(({ url }) => url).join('\n'),
    types: (filter?.types ?? []).join(', '),
    cel: filter?.cel ?? '',
    concurrency: String(delivery.concurrency),
    timeoutSeconds: String(delivery.timeoutMs / 1000),
    perSecond: delivery.rateLimit === null ? '' : String(delivery.rateLimit.perSecond),
  }
}

/** What is sent: of numbers that are no numbers the console says what is wrong with them. */
export function definitionOf(draft: Draft): object {
  const types = wordsIn(draft.types)
  const rate = draft.perSecond.trim()
  return {
    ...{ stream: draft.stream, ordering: draft.ordering, from: draft.from, description: draft.description },
    filter: { types: types.length === 0 ? null : types, cel: draft.cel.trim() === '' ? null : draft.cel.trim() },
    destination: { targets: wordsIn(draft.urls).map((url) => ({ url })) },
    delivery: {
      concurrency: Number(draft.concurrency),
      timeoutMs: Number(draft.timeoutSeconds) * 1000,
      rateLimit: rate === '' ? null : { perSecond: Number(rate), burst: Number(rate) },
    },
  }
}

/** Separated by spaces, commas or lines. */
export const wordsIn = (text: string): string[] => text.split(/[\s,]+/).filter((word) => word !== '')

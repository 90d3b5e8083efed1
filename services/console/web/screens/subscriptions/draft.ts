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
  /** What is defined now and has no place in the form; null for what is still to be made. */
  known: Pick<Subscription, 'destination' | 'delivery'> | null
}

export const emptyDraft: Draft = {
  ...{ name: '', stream: '', urls: '', types: '', cel: '', ordering: 'key', from: 'latest' },
  ...{ concurrency: '64', timeoutSeconds: '15', perSecond: '', description: '', known: null },
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
    known: { destination, delivery },
  }
}

/** What is sent, with what the form does not show as it is: of numbers that are no numbers the console says what is wrong with them. */
export function definitionOf(draft: Draft): object {
  const types = wordsIn(draft.types)
  const rate = draft.perSecond.trim()
  const { known } = draft
  const isHttp = known === null || known.destination.kind === 'http'
  return {
    ...{ stream: draft.stream, ordering: draft.ordering, from: draft.from, description: draft.description },
    filter: { types: types.length === 0 ? null : types, cel: draft.cel.trim() === '' ? null : draft.cel.trim() },
    ...(isHttp ? { destination: { targets: wordsIn(draft.urls).map((url) => targetOf(url, known)) } } : {}),
    delivery: {
      concurrency: Number(draft.concurrency),
      timeoutMs: Number(draft.timeoutSeconds) * 1000,
      rateLimit: rate === '' ? null : rateLimitOf(Number(rate), known),
    },
  }
}

/** A target that is there already keeps its weight, its place as a backup and its health check. */
const targetOf = (url: string, known: Draft['known']) =>
  known?.destination.targets.find((target) => target.url === url) ?? { url }

function rateLimitOf(perSecond: number, known: Draft['known']) {
  const before = known?.delivery.rateLimit
  return before?.perSecond === perSecond ? before : { perSecond, burst: perSecond }
}

/** Separated by spaces, commas or lines. */
export const wordsIn = (text: string): string[] => text.split(/[\s,]+/).filter((word) => word !== '')

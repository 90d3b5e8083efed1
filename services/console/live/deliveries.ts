/** What a live tail shows of a delivery, with what it is chosen by. */
export type LiveDelivery = {
  subscription: string
  state: string
  /** Not simply delivered at the first try: such ones are shown first when there are too many. */
  isNotable: boolean
  data: object
}

export type DeliveryFilter = { subscription: string | undefined; state: string | undefined }

/** How many of those that nobody kept belong to each subscription and state, keyed by `countKey`. */
export type Counts = ReadonlyMap<string, number>

/** What happened since the last look: some deliveries, and how many more there were. */
export type DeliveryBatch = { kept: readonly LiveDelivery[]; more: Counts }

/** What one client gets of a batch. */
export type Sample = { shown: readonly LiveDelivery[]; omitted: number }

/**
 * At most `most` of the deliveries that a filter lets through, in their order: the notable ones first, then the others
 * spread evenly over the batch.
 */
export function sampleOf({ kept, more }: DeliveryBatch, filter: DeliveryFilter, most: number): Sample {
  const wanted = kept.filter((delivery) => passes(delivery, filter))
  const chosen = choose(wanted, most)
  const unseen = [...more].filter(([key]) => passes(nameOf(key), filter)).reduce((sum, [, count]) => sum + count, 0)
  return { shown: chosen, omitted: wanted.length - chosen.length + unseen }
}

/** The same batch with at most `most` deliveries; the rest is only counted. For keeping it a while. */
export function thinned({ kept, more }: DeliveryBatch, most: number): DeliveryBatch {
  const chosen = choose(kept, most)
  const counts = new Map(more)
  const stays = new Set(chosen)
  for (const delivery of kept) if (!stays.has(delivery)) count(counts, delivery)
  return { kept: chosen, more: counts }
}

/** Adds one to the count of its subscription and state. */
export function count(counts: Map<string, number>, delivery: Pick<LiveDelivery, 'subscription' | 'state'>): void {
  const key = countKey(delivery)
  counts.set(key, (counts.get(key) ?? 0) + 1)
}

function choose(wanted: readonly LiveDelivery[], most: number): readonly LiveDelivery[] {
  if (wanted.length <= most) return wanted
  const notable = spread(
    wanted.filter(({ isNotable }) => isNotable),
    most,
  )
  const plain = spread(
    wanted.filter(({ isNotable }) => !isNotable),
    most - notable.length,
  )
  const chosen = new Set([...notable, ...plain])
  return wanted.filter((delivery) => chosen.has(delivery))
}

function spread<T>(all: readonly T[], most: number): readonly T[] {
  if (all.length <= most) return all
  return all.filter((_one, at) => Math.floor(((at + 1) * most) / all.length) > Math.floor((at * most) / all.length))
}

/** Neither names nor states have a line break. */
const countKey = ({ subscription, state }: Pick<LiveDelivery, 'subscription' | 'state'>) => `${subscription}\n${state}`

function nameOf(key: string): Pick<LiveDelivery, 'subscription' | 'state'> {
  const [subscription = '', state = ''] = key.split('\n')
  return { subscription, state }
}

function passes(
  delivery: Pick<LiveDelivery, 'subscription' | 'state'>,
  { subscription, state }: DeliveryFilter,
): boolean {
  return (
    (subscription === undefined || delivery.subscription === subscription) &&
    (state === undefined || delivery.state === state)
  )
}

/** What a repeat has to be told of an event that is stored; everything else of the answer follows from it. */
export type StoredAnswer = {
  readonly id: string
  readonly source: string
  readonly partition: number
  readonly offset: number
}

/** The id that an Idempotency-Key implies; null when the event is recognised by the source and id that the repeat brings itself. */
type ImpliedId = string | null

/**
 * As short as it can be, because Redis keeps one for each event: `<partition> <offset>`, under an Idempotency-Key also the
 * source (which has no spaces), and the id unless it is the implied one.
 */
export function encodeAnswer({ id, source, partition, offset }: StoredAnswer, impliedId: ImpliedId): string {
  const place = `${partition} ${offset}`
  if (impliedId === null) return place
  return id === impliedId ? `${place} ${source}` : `${place} ${source} ${id}`
}

/** The answer of a repeat, whose own id and source are `event`; undefined when the text is none of ours. */
export function decodeAnswer(
  text: string,
  event: { id: string; source: string },
  impliedId: ImpliedId,
): StoredAnswer | undefined {
  const [, partition, offset, source, id] = /^(\d+) (\d+)(?: (\S+)(?: (.+))?)?$/.exec(text) ?? []
  if (partition === undefined || offset === undefined) return undefined
  const place = { partition: Number(partition), offset: Number(offset) }
  if (impliedId === null) return { id: event.id, source: event.source, ...place }
  return source === undefined ? undefined : { id: id ?? impliedId, source, ...place }
}

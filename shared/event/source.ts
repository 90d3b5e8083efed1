/** The identity of a delivery: where its event stands in the stream and when the broker stored it. */
export type Source = {
  readonly topic: string
  readonly partition: number
  readonly offset: number
  /**
   * Tells an event from one that had the same offset before the topic was deleted and made anew; without it the new event
   * would be taken for the old one, and lost.
   */
  readonly timestampMs: number
}

const form = /^([^/]+)\/(\d+)\/(\d+)@(-?\d+)$/

/** `<topic>/<partition>/<offset>@<broker ms>` */
export function formatSource({ topic, partition, offset, timestampMs }: Source): string {
  return `${topic}/${partition}/${offset}@${timestampMs}`
}

export function parseSource(text: string): Source | null {
  const [, topic, partition, offset, timestampMs] = form.exec(text) ?? []
  if (topic === undefined) return null
  return { topic, partition: Number(partition), offset: Number(offset), timestampMs: Number(timestampMs) }
}

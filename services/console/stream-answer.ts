import type { Stream } from '#shared/catalog/model.ts'
import type { StreamPicture } from './cluster-picture.ts'
import type { Console } from './context.ts'

export type StreamStatus = {
  phase: string
  reason: string | null
  since: string | null
  events: number | null
  bytes: null
  eventsPerSecond: number | null
  underReplicatedPartitions: number | null
  subscriptions: string[]
}

/** A stream as the API shows it. */
export function streamAnswerOf(console: Console, stream: Stream) {
  return { ...stream, status: streamStatus(console, stream) }
}

export function streamStatus({ catalog, monitor }: Console, stream: Stream): StreamStatus {
  const picture = monitor.last()?.streams.get(stream.name)
  const users = catalog.subscriptions().filter((subscription) => subscription.stream === stream.name)
  return {
    ...phaseOf(stream, picture),
    events: picture === undefined ? null : sum(picture.partitions.map(({ low, end }) => end - low)),
    bytes: null,
    eventsPerSecond: streamRate({ monitor }, stream),
    underReplicatedPartitions: picture === undefined ? null : underReplicated(picture),
    subscriptions: users.map((subscription) => subscription.name).sort(),
  }
}

/** Events appended per second over all partitions; null before two pictures were taken. */
export function streamRate({ monitor }: Pick<Console, 'monitor'>, { name, partitions }: Stream): number | null {
  const rates = Array.from(
    { length: partitions },
    (_, partition) => monitor.clock(name, partition)?.perSecond() ?? null,
  )
  const known = rates.filter((rate) => rate !== null)
  return known.length === 0 ? null : Math.round(sum(known) * 10) / 10
}

/** How many partitions have fewer replicas in sync than they have replicas. */
export function underReplicated({ partitions }: StreamPicture): number {
  return partitions.filter(({ inSync, replicas }) => inSync.length < replicas.length).length
}

function phaseOf({ updatedAt }: Stream, picture: StreamPicture | undefined) {
  if (picture === undefined) return { phase: 'active', reason: null, since: null }
  if (picture.missing) return { phase: 'failed', reason: 'topic-missing', since: null }
  if (picture.unsafe.length > 0) return { phase: 'failed', reason: picture.unsafe.join('; '), since: null }
  return { phase: 'active', reason: null, since: updatedAt }
}

export const sum = (numbers: readonly number[]) => numbers.reduce((total, number) => total + number, 0)

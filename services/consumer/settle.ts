import { setTimeout as sleep } from 'node:timers/promises'
import { TailraceError } from '#shared/errors.ts'
import type { EventRecord } from '#shared/event/record.ts'
import type { CommitEntry, GroupKeeper } from '#shared/kafka/group-keeper.ts'
import type { ProduceLanes } from '#shared/kafka/lanes.ts'
import { byReference } from './dead-letter.ts'
import type { Effect } from './pair/effects.ts'
import type { Pair } from './pair/states.ts'
import { step } from './pair/step.ts'

/**
 * The only file that writes dead letters and moves offsets: what makes a delivery final happens here or not at all.
 */
export type DeadLetterTopic = { readonly lanes: ProduceLanes; readonly topic: string; readonly partitions: number }

type Append = {
  /** Asked before each further try: a lost partition is somebody else's to settle. */
  isWanted(): boolean
  onDelay(error: unknown): void
}

const repeatEveryMs = 500

/** Appends a dead letter, however long Kafka takes. False when it was no longer wanted before Kafka had it. */
export async function appendDeadLetter(
  { lanes, topic, partitions }: DeadLetterTopic,
  deadLetter: EventRecord,
  { isWanted, onDelay }: Append,
): Promise<boolean> {
  const partition = lanes.partitionForKey(deadLetter.key ?? Buffer.alloc(0), partitions)
  for (let record = deadLetter; isWanted(); ) {
    try {
      await lanes.append(topic, partition, record)
      return true
    } catch (error) {
      onDelay(error)
      const isWhole = record === deadLetter
      if (isTooLarge(error)) record = byReference(deadLetter)
      if (!(isTooLarge(error) && isWhole)) await sleep(repeatEveryMs)
    }
  }
  return false
}

const isTooLarge = (error: unknown): boolean => error instanceof TailraceError && error.code === 'event-too-large'

export type CommitResult = { result: 'committed' | 'stale' | 'failed'; truncated: boolean }

type Commit = { keeper: GroupKeeper; topic: string; epoch: number; pairs: Iterable<Pair>; forced: boolean }

/**
 * Commits what changed (or everything, if `forced`). The request goes out before this function returns for the first
 * time, so a commit in the last moment of an ownership still counts. Null when there was nothing to commit.
 */
export async function commitPairs({ keeper, topic, epoch, pairs, forced }: Commit): Promise<CommitResult | null> {
  const snapshots = [...pairs].flatMap((pair) => snapshot(pair, forced))
  if (snapshots.length === 0) return null
  const truncated = snapshots.some(({ effect }) => effect.truncated)
  const entries = snapshots.map(({ pair, effect }): CommitEntry => {
    return { topic, partition: pair.partition, offset: effect.offset, metadata: effect.metadata }
  })
  const result = await keeper.commit(epoch, entries).catch(() => 'failed' as const)
  for (const { pair, token, effect } of snapshots) {
    const isDone = result === 'committed'
    step(pair, isDone ? { kind: 'committed', token, offset: effect.offset } : { kind: 'commit-failed', token }, 0)
  }
  return { result, truncated }
}

type Snapshot = { pair: Pair; token: string; effect: Extract<Effect, { kind: 'commit' }> }

function snapshot(pair: Pair, forced: boolean): Snapshot[] {
  const token = pair.token ?? ''
  const effects = step(pair, { kind: 'commit-due', forced }, 0)
  return effects.flatMap((effect) => (effect.kind === 'commit' ? [{ pair, token, effect }] : []))
}

import type { Subscription } from '#shared/catalog/model.ts'
import type { FieldFault } from '#shared/errors.ts'
import type { CommittedOffset, PartitionOffsets } from '#shared/kafka/admin.ts'
import { escapePointer } from './body.ts'

type Bounds = readonly PartitionOffsets[]

type Facts = {
  subscription: Pick<Subscription, 'startOffsets'>
  bounds: Bounds
  committed: readonly Pick<CommittedOffset, 'partition' | 'offset'>[]
  /** Where an earlier move put it since it last ran. */
  pending: Readonly<Record<string, number>>
}

/** The offset each partition would go on from now, within what the log still holds. */
export function standingOf({ subscription, bounds, committed, pending }: Facts): Map<number, number> {
  return new Map(
    bounds.map(({ partition, low, high }) => {
      const reached = committed.find((entry) => entry.partition === partition)?.offset
      const next = pending[String(partition)] ?? reached ?? subscription.startOffsets[String(partition)] ?? low
      return [partition, Math.min(Math.max(next, low), high)]
    }),
  )
}

/** How many offsets a move from where it stands passes over, and how many it goes through again. */
export function effectOf(standing: ReadonlyMap<number, number>, offsets: Readonly<Record<string, number>>) {
  const effect = { skipped: 0, repeated: 0 }
  for (const [partition, offset] of Object.entries(offsets)) {
    const distance = offset - (standing.get(Number(partition)) ?? offset)
    if (distance > 0) effect.skipped += distance
    else effect.repeated -= distance
  }
  return effect
}

/** What is wrong with offsets that an operator named: no such partition, or not in the log. */
export function offsetFaults(
  offsets: Readonly<Record<string, number>>,
  { stream, bounds }: { stream: string; bounds: Bounds },
): FieldFault[] {
  return Object.entries(offsets).flatMap(([name, offset]): FieldFault[] => {
    const known = bounds.find(({ partition }) => String(partition) === name)
    const shown = name.slice(0, 64)
    const pointer = `/to/${escapePointer(shown)}`
    if (known === undefined) {
      const detail = `${stream} has no partition ${shown}`
      return [{ pointer, code: 'partition-unknown', detail, fix: `name one of 0 to ${bounds.length - 1}` }]
    }
    if (offset >= known.low && offset <= known.high) return []
    const code = offset < known.low ? 'too-small' : 'too-large'
    const detail = `partition ${name} of ${stream} has no offset ${offset}`
    return [{ pointer, code, detail, fix: `name one from ${known.low} to ${known.high}, its end` }]
  })
}

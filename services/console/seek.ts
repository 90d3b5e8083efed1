import { randomUUID } from 'node:crypto'
import { type Static, Type } from 'typebox'
import type { Stream, Subscription } from '#shared/catalog/model.ts'
import { recordKey } from '#shared/catalog/record-keys.ts'
import { type From, parseFrom, startOffsets } from '#shared/catalog/start-offsets.ts'
import { TailraceError } from '#shared/errors.ts'
import type { PartitionOffsets } from '#shared/kafka/admin.ts'
import { type BodyKind, bodyInvalid, readBody } from './body.ts'
import { type Console, change } from './context.ts'
import { effectOf, offsetFaults, standingOf } from './seek-offsets.ts'
import { requireStream } from './streams.ts'
import { phaseOf } from './subscription-status.ts'
import { requireSubscription } from './subscriptions.ts'

const to = Type.Unsafe<string | Record<string, number>>({
  type: ['string', 'object'],
  maxLength: 40,
  minProperties: 1,
  additionalProperties: { type: 'integer', minimum: 0 },
  description: 'latest, earliest, an RFC 3339 time, or {"<partition>": <offset>}; partitions left out stay.',
})

export const seekRequest = Type.Object({
  to,
  dryRun: Type.Boolean({ default: false, description: 'Only tells what it would do.' }),
})

export const seekAnswer = Type.Object({
  skipped: Type.Integer({ description: 'Offsets that it passes over.' }),
  repeated: Type.Integer({ description: 'Offsets that it goes through again.' }),
  applied: Type.Boolean({ description: 'false for a dry run.' }),
})

const seekBody: BodyKind<typeof seekRequest> = { schema: seekRequest, readOnly: [] }

/**
 * Moves a paused subscription, or one that stopped itself: its owners go on from there when it is resumed. What waits for
 * a later attempt stays if it is older than the new position.
 */
export function seek(console: Console, name: string, body: unknown): Promise<Static<typeof seekAnswer>> {
  const { to, dryRun } = readBody(body ?? {}, seekBody)
  const goal: Goal = typeof to === 'string' ? { from: readMoment(to) } : { offsets: to }
  return change(console, async () => {
    const subscription = requireStopped(console, name)
    const stream = requireStream(console, subscription.stream)
    const bounds = await console.admin.offsets(stream.topic)
    const offsets = await resolve(console, { stream, goal, bounds })
    const known = console.catalog.position(subscription.uid)
    const pending = known !== undefined && known.at >= (subscription.resumedAt ?? '') ? known.offsets : {}
    const committed = await console.admin.committed(subscription.group, stream.topic)
    const effect = effectOf(standingOf({ subscription, bounds, committed, pending }), offsets)
    if (dryRun) return { ...effect, applied: false }
    const position = { id: randomUUID(), at: new Date().toISOString(), offsets: { ...pending, ...offsets } }
    await console.catalog.write(recordKey.position(subscription.uid), position)
    console.telemetry.changed('subscription', 'moved', name)
    return { ...effect, applied: true }
  })
}

function readMoment(text: string): From {
  const moment = parseFrom(text)
  if (moment !== undefined) return moment
  const detail = 'to is latest, earliest, an RFC 3339 time, or offsets by partition'
  throw bodyInvalid([{ pointer: '/to', code: 'wrong-form', detail, fix: 'for example "latest" or {"0": 900}' }])
}

function requireStopped(console: Console, name: string): Subscription {
  const subscription = requireSubscription(console, name)
  const { phase } = phaseOf(console, subscription, [])
  if (phase === 'paused' || phase === 'failed') return subscription
  throw new TailraceError('not-paused', `${name} is not paused; POST /v1/subscriptions/${name}/pause first`)
}

type Goal = { from: From } | { offsets: Record<string, number> }
type Question = { stream: Stream; goal: Goal; bounds: readonly PartitionOffsets[] }

async function resolve({ admin }: Console, { stream, goal, bounds }: Question): Promise<Record<string, number>> {
  if ('from' in goal) return await startOffsets(admin, stream.topic, goal.from)
  const faults = offsetFaults(goal.offsets, { stream: stream.name, bounds })
  if (faults.length > 0) throw bodyInvalid(faults)
  return goal.offsets
}

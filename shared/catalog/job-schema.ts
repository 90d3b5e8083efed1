import { type Static, Type } from 'typebox'
import { nullable, objectOrNull, time } from './schema.ts'
import { filter } from './subscription-schema.ts'

const offsets = Type.Record(Type.String(), Type.Integer({ minimum: 0 }))
const ratePerSecond = nullable(
  Type.Integer({ minimum: 1, maximum: 100_000, description: 'Deliveries a second; null = as fast as they are taken.' }),
)

const mostIds = 500
const mostCauses = 32

const listOrNull = (item: { maxLength: number }, maxItems: number, description: string) =>
  Type.Unsafe<string[] | null>({
    type: ['array', 'null'],
    items: { type: 'string', ...item },
    ...{ minItems: 1, maxItems, default: null, description },
  })

/** Which dead letters: all members given must hold. */
export const jobSelection = Type.Object({
  subscription: Type.String({ minLength: 1, maxLength: 63 }),
  cause: listOrNull({ maxLength: 64 }, mostCauses, 'One of these causes.'),
  ids: listOrNull({ maxLength: 128 }, mostIds, 'These deliveries: <subscription>-<partition>-<offset>.'),
  key: nullable(Type.String({ maxLength: 4_096, description: 'The key of the events.' })),
  since: nullable(time('Dead since then.')),
  until: nullable(time('Dead before then.')),
})
export type JobSelection = Static<typeof jobSelection>

export const jobKind = Type.Union([Type.Literal('redrive'), Type.Literal('replay'), Type.Literal('discard')])

/**
 * `job/<id>`, the console's alone: what is to be done, and whether it was cancelled. `select` and `ends` of a redrive and a
 * discard: dead letters below those offsets of the dead-letter topic; `from` and `ends` of a replay: offsets of the stream, and
 * of those only the events that its `filter` and that which the subscription had then let pass.
 */
export const jobRecord = Type.Object({
  id: Type.String({ pattern: '^job_[0-9A-Z]{10,26}$' }),
  kind: jobKind,
  request: Type.Object({}, { description: 'As it was asked for.' }),
  subscription: Type.String(),
  uid: nullable(Type.String({ description: 'Of the subscription that had the name then.' })),
  select: objectOrNull(jobSelection),
  from: offsets,
  ends: offsets,
  filter: objectOrNull(filter),
  subscriptionFilter: Type.Unsafe<Static<typeof filter> | null>({ ...objectOrNull(filter), default: null }),
  matched: Type.Integer({ minimum: 0 }),
  ratePerSecond,
  createdBy: Type.String(),
  createdAt: time('When it was asked for.'),
  cancelledAt: nullable(time('When an operator ended it.')),
})

export type JobKind = Static<typeof jobKind>
export type Job = Static<typeof jobRecord> & { revision: number }

/** `job-state/<id>`, of the consumer that runs it: how far it is. */
export const jobStateRecord = Type.Object({
  id: Type.String(),
  state: Type.String({ description: 'running, finished, cancelled or failed.' }),
  runner: nullable(Type.String({ description: 'The instance that runs it, or ran it last.' })),
  done: Type.Integer({ minimum: 0 }),
  delivered: Type.Integer({ minimum: 0 }),
  deadLettered: Type.Integer({ minimum: 0 }),
  perSecond: Type.Number({ minimum: 0, description: 'What this runner got done a second.' }),
  cursor: Type.Record(Type.String(), Type.Object({ base: Type.Integer(), runs: Type.String() }), {
    default: {},
    description: 'Of a replay, by partition: the lowest unfinished offset and what is finished above it.',
  }),
  error: nullable(Type.String()),
  finishedAt: nullable(time('When it ended.')),
})
export type JobState = Static<typeof jobStateRecord>

const integer = Type.Integer({ minimum: 0 })

export const jobAnswer = Type.Object({
  id: Type.String(),
  kind: Type.String({ description: 'redrive, replay or discard.' }),
  request: Type.Unsafe<object>({ type: 'object' }),
  state: Type.String({ description: 'queued, running, finished, cancelled or failed.' }),
  ...{ matched: integer, done: integer, delivered: integer, deadLettered: integer },
  ratePerSecond,
  runner: nullable(Type.String()),
  createdBy: Type.String(),
  createdAt: time('When it was asked for.'),
  finishedAt: nullable(time('When it ended.')),
  etaSeconds: nullable(Type.Integer({ description: 'At the rate of now; null while that is not known.' })),
  error: nullable(Type.String({ description: 'Why it failed.' })),
  because: nullable(Type.String({ description: 'What it waits for.' })),
})

export type JobAnswer = Static<typeof jobAnswer>

/**
 * As operators see a job: what was asked for, and how far its runner says it is. A cancel counts at once. `because`: what it
 * waits for, while it is not over.
 */
export function jobAnswerOf(job: Job, known: JobState | undefined, because: string | null = null): JobAnswer {
  const state = stateOf(job, known)
  const { done = 0, delivered = 0, deadLettered = 0, runner = null, error = null } = known ?? {}
  const { id, kind, request, matched, ratePerSecond, createdBy, createdAt } = job
  return {
    ...{
      id,
      kind,
      request,
      state,
      matched,
      done,
      delivered,
      deadLettered,
      ratePerSecond,
      runner,
      createdBy,
      createdAt,
    },
    finishedAt: known?.finishedAt ?? (state === 'cancelled' ? job.cancelledAt : null),
    etaSeconds: state === 'running' ? etaOf(matched - done, known?.perSecond ?? 0) : null,
    error,
    because: state === 'queued' || state === 'running' ? because : null,
  }
}

/** Whether nothing more is to be done for it. */
export const isOver = (known: Pick<JobState, 'finishedAt'> | undefined): boolean => (known?.finishedAt ?? null) !== null

function stateOf(job: Pick<Job, 'cancelledAt'>, known: JobState | undefined): string {
  if (known !== undefined && isOver(known)) return known.state
  return job.cancelledAt === null ? (known?.state ?? 'queued') : 'cancelled'
}

function etaOf(remaining: number, perSecond: number): number | null {
  if (remaining <= 0) return 0
  return perSecond > 0 ? Math.ceil(remaining / perSecond) : null
}

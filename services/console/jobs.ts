import { randomInt } from 'node:crypto'
import { isOver, type Job, type JobSelection } from '#shared/catalog/job-schema.ts'
import type { Subscription } from '#shared/catalog/model.ts'
import { recordKey } from '#shared/catalog/record-keys.ts'
import { anySelection, deliveryIdOf, inDeliveryOrder, selectionOf } from '#shared/delivery/dead-letter-selection.ts'
import { deliveryId } from '#shared/delivery/delivery-id.ts'
import { TailraceError } from '#shared/errors.ts'
import { passedByAll } from '#shared/event/filter/passed-by-all.ts'
import { bodyInvalid } from './body.ts'
import { type Console, change } from './context.ts'
import { requireDeadLetters } from './dead-letters.ts'
import { filterFaults } from './filter-faults.ts'
import type { DiscardRequest, RedriveRequest, ReplayRequest } from './job-requests.ts'
import { kept } from './old-jobs.ts'
import { measureRanges, replayRanges } from './replay-range.ts'
import { requireStream } from './streams.ts'
import { requireSubscription } from './subscriptions.ts'

/** What a job would be about: its dry run. */
export type Estimate = {
  dryRun: true
  matched: number
  bytes: number
  estimated: boolean
  leftOut: number
  sample: string[]
}

type Planned = Pick<
  Job,
  | 'kind'
  | 'request'
  | 'subscription'
  | 'uid'
  | 'select'
  | 'from'
  | 'ends'
  | 'filter'
  | 'subscriptionFilter'
  | 'ratePerSecond'
>
type Plan = { job: Planned; estimate: Estimate }

/** Unfinished jobs at a time, of the installation. */
const mostUnfinished = 100
const sampleSize = 5

/** Plans the delivery of dead letters once more. Throws `subscription-unknown` when there is nothing to deliver them to. */
export async function planRedrive(console: Console, request: RedriveRequest): Promise<Plan> {
  const { uid } = requireSubscription(console, request.select.subscription)
  return await planLetters(console, 'redrive', { request, uid })
}

/** Plans to give dead letters up; their subscription may be gone. */
export async function planDiscard(console: Console, request: DiscardRequest): Promise<Plan> {
  return await planLetters(console, 'discard', { request: { ...request, ratePerSecond: null }, uid: null })
}

/**
 * Plans the delivery of what a stream holds once more, as far as the filters of the request and of the subscription let it
 * pass now. Throws `body-invalid` when one of them cannot be used.
 */
export async function planReplay(console: Console, request: ReplayRequest): Promise<Plan> {
  const { dryRun: _, ...asked } = request
  const faults = filterFaults(asked.filter, console.limits)
  if (faults.length > 0) throw bodyInvalid(faults)
  const { name, uid, filter: subscriptionFilter, ...rest } = requireSubscription(console, request.subscription)
  const stream = requireStream(console, rest.stream)
  const { topic } = stream
  const { from, to, filter, ratePerSecond } = asked
  const passage = passedByAll([subscriptionFilter, filter], stream)
  if (passage.kind === 'unusable') throw filterUnusable(name, passage.detail)
  const ranges = await replayRanges(console.admin, { stream, from, to })
  const measured = await measureRanges(console.admin, { topic, ranges, passes: passage.passes })
  const { matched, bytes, isEstimate: estimated, positions } = measured
  const sample = positions.map(({ partition, offset }) => deliveryId(name, partition, offset))
  const about = {
    subscription: name,
    uid,
    select: null,
    ...offsetsOf(ranges),
    filter,
    subscriptionFilter,
    ratePerSecond,
  }
  return {
    job: { kind: 'replay', request: asked, ...about },
    estimate: { dryRun: true, matched, bytes, estimated, leftOut: 0, sample },
  }
}

/** A redrive of one dead letter; null when there is none of that id. Throws `not-found` when its subscription is gone. */
export async function planRetry(console: Console, id: string): Promise<Plan | null> {
  const { letters } = await requireDeadLetters(console, { ...anySelection, ids: [id] })
  if (letters.length === 0) return null
  const letter = letters.find(({ uid }) => console.catalog.subscriptionByUid(uid) !== undefined)
  // Another subscription may have its name now: the delivery may wait there.
  if (letter === undefined && letters.some(({ subscription }) => console.catalog.subscription(subscription)))
    return null
  if (letter === undefined) throw new TailraceError('not-found', `the subscription of ${id} was deleted`)
  const select = { ...anyOf(letter.subscription), ids: [id] }
  return await planRedrive(console, { select, ratePerSecond: null, dryRun: false })
}

/** Writes the job for a consumer to find. Throws `limit-reached` when too much is under way. */
export function createJob(console: Console, { job, estimate }: Plan, keyId: string): Promise<Job> {
  return change(console, async () => {
    const { catalog, telemetry } = console
    const unfinished = catalog.jobs().filter((one) => isUnfinished(console, one))
    if (unfinished.length >= mostUnfinished) throw tooMany(`${mostUnfinished} jobs are unfinished; cancel one first`)
    const createdAt = new Date().toISOString()
    const record = { ...job, id: newJobId(), matched: estimate.matched, createdBy: `key ${keyId}`, createdAt }
    const revision = await catalog.write(recordKey.job(record.id), { ...record, cancelledAt: null })
    telemetry.changed('job', 'created', record.id)
    return { ...record, cancelledAt: null, revision }
  })
}

/** Ends a job; what is under way ends by itself. One that is over stays as it is. */
export function cancelJob(console: Console, id: string): Promise<Job> {
  return change(console, async () => {
    const job = requireJob(console, id)
    if (!isUnfinished(console, job)) return job
    const cancelled = { ...job, cancelledAt: new Date().toISOString() }
    const revision = await console.catalog.write(recordKey.job(id), cancelled)
    console.telemetry.changed('job', 'cancelled', id)
    return { ...cancelled, revision }
  })
}

export function requireJob({ catalog }: Pick<Console, 'catalog'>, id: string): Job {
  const known = catalog.job(id)
  if (known !== undefined) return known
  throw new TailraceError(
    'not-found',
    `there is no job ${id.slice(0, 64)}; the last ${kept.jobs} that are over are kept, for 30 days`,
  )
}

/** Newest first. */
export function jobsOf({ catalog }: Pick<Console, 'catalog'>): Job[] {
  return catalog
    .jobs()
    .toSorted((a, b) => (a.createdAt === b.createdAt ? (a.id < b.id ? -1 : 1) : a.createdAt < b.createdAt ? 1 : -1))
}

type Letters = { request: RedriveRequest; uid: string | null }

async function planLetters(console: Console, kind: 'redrive' | 'discard', { request, uid }: Letters): Promise<Plan> {
  const { select, ratePerSecond } = request
  const { letters, leftOut, ends } = await requireDeadLetters(console, selectionOf(select, uid))
  const asked = kind === 'redrive' ? { select, ratePerSecond } : { select }
  return {
    job: {
      kind,
      request: asked,
      subscription: select.subscription,
      uid,
      select,
      from: {},
      ends,
      filter: null,
      subscriptionFilter: null,
      ratePerSecond,
    },
    estimate: {
      dryRun: true,
      matched: letters.length,
      bytes: letters.reduce((sum, { bytes }) => sum + bytes, 0),
      estimated: false,
      leftOut,
      sample: inDeliveryOrder(letters).slice(0, sampleSize).map(deliveryIdOf),
    },
  }
}

/** Neither over nor cancelled. */
export const isUnfinished = ({ catalog }: Pick<Console, 'catalog'>, { id, cancelledAt }: Job): boolean =>
  cancelledAt === null && !isOver(catalog.jobState(id))

const offsetsOf = ({ from, to }: { from: Record<string, number>; to: Record<string, number> }) => ({ from, ends: to })

const anyOf = (subscription: Subscription['name']): JobSelection => ({
  ...{ subscription, cause: null, ids: null, key: null, since: null, until: null },
})

/** Crockford's alphabet: no letter that looks like another one or like a digit. */
const idAlphabet = '0123456789ABCDEFGHJKMNPQRSTVWXYZ'

/** Ten characters of time and six random ones: ids sort by age. */
export function newJobId(nowMs = Date.now()): string {
  let time = ''
  for (let rest = nowMs; time.length < 10; rest = Math.floor(rest / 32)) time = `${idAlphabet[rest % 32]}${time}`
  return `job_${time}${Array.from({ length: 6 }, () => idAlphabet[randomInt(32)]).join('')}`
}

function filterUnusable(name: string, detail: string): TailraceError {
  const fix = `correct the filter of ${name} first`
  return bodyInvalid([{ pointer: '/subscription', code: 'filter-unusable', detail, fix }])
}

const tooMany = (detail: string) => new TailraceError('limit-reached', detail)

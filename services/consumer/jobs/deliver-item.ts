import type { Job } from '#shared/catalog/job-schema.ts'
import type { Stream, Subscription } from '#shared/catalog/model.ts'
import { settlementOf } from '#shared/delivery/dead-letter-record.ts'
import type { StoredRecord } from '#shared/event/record.ts'
import type { Turn } from '../attempts/journal.ts'
import { deadLetterOf } from '../dead-letter.ts'
import { type Burial, newDelivery } from '../pair/deliveries.ts'
import type { LoadedDelivery } from '../pair/effects.ts'
import type { Outcome } from '../pair/inputs.ts'
import { queueOf } from '../pair/key-queues.ts'
import { deliver, type PipelineContext } from '../pipeline.ts'
import { appendDeadLetter } from '../settle.ts'
import type { Ended } from '../targets.ts'
import { tellDeadLetter } from '../tell-dead-letter.ts'
import type { JobEnvironment } from './environment.ts'
import type { JobJournal, Told } from './job-journal.ts'
import type { JobEnding, JobItem } from './source.ts'

/** `again`: not this event's fault. */
export type ItemResult = { kind: 'ended'; ending: JobEnding } | { kind: 'again'; waitMs: number } | { kind: 'stopped' }

export type ItemOptions = {
  environment: Pick<JobEnvironment, 'deadLetters' | 'telemetry' | 'ops'>
  job: Pick<Job, 'id' | 'kind'>
  recipient: { subscription: Subscription; stream: Stream }
  context: PipelineContext
  /** False once another runner may have the job. */
  isWanted(): boolean
  /** False while it is doubtful who has the job. */
  mayWrite(): boolean
  journal: Pick<JobJournal, 'tell'>
  /** Does what the last attempt asked for: to give its target time, or to take it out. */
  heed(last: Ended): void
}

/** An event that is always told to wait is given up after this; a live one has its schedule. */
const longestWaitMs = 15 * 60_000
const againMs = 250

/**
 * One delivery of a job: one try, with its quick retries. What succeeded is marked as redriven, what failed is a dead letter
 * (again), and only then has it ended.
 */
export async function deliverItem(item: JobItem, options: ItemOptions): Promise<ItemResult> {
  const record = await item.load()
  if (record === null) return { kind: 'ended', ending: 'expired' }
  const delivery = deliveryOf(item, record)
  const { outcome, last, turn } = await deliver(delivery, options.context)
  if (last !== null && !(outcome.kind === 'target-waits' && outcome.own)) options.heed(last)
  switch (outcome.kind) {
    case 'delivered': {
      const result = await settle(item, options, 'redriven')
      const { attempts, firstAttemptAtMs } = attempted(delivery, outcome)
      const because = turn.list.at(-1)?.detail ?? ''
      if (result.kind === 'ended')
        options.journal.tell(item, { state: 'delivered', because, attempts, firstAttemptAtMs, turn })
      return result
    }
    case 'refused':
    case 'failed':
      return await bury(item, { delivery: attempted(delivery, outcome), turn, burial: outcome }, options)
    case 'target-waits':
      if (!mayWait(item, outcome.own)) {
        const burial = { ...outcome, cause: 'exhausted' } as const
        return await bury(item, { delivery: attempted(delivery, outcome), turn, burial }, options)
      }
      return { kind: 'again', waitMs: againMs }
    case 'unproven':
      return { kind: 'again', waitMs: againMs }
    default:
      return outcome satisfies never
  }
}

/** Marks the dead letter of an item as settled, if it has one. */
export async function settle(
  item: JobItem,
  { environment, job, isWanted, journal }: Pick<ItemOptions, 'environment' | 'job' | 'isWanted' | 'journal'>,
  as: 'redriven' | 'discarded',
): Promise<ItemResult> {
  const { letter } = item
  const ending = as === 'redriven' ? 'delivered' : 'discarded'
  if (letter === null) return { kind: 'ended', ending }
  const mark = settlementOf(letter, { as, job: job.id })
  const onDelay = (error: unknown) => environment.telemetry.deadLetterDelayed(refOf(letter), error)
  const offset = await appendDeadLetter(environment.deadLetters, mark, { isWanted, onDelay })
  if (offset === null) return { kind: 'stopped' }
  if (as === 'discarded') journal.tell(item, givenUp(letter))
  return { kind: 'ended', ending }
}

const givenUp = ({ eventKey, type, attempts, firstAttemptAt }: NonNullable<JobItem['letter']>): Told => ({
  ...{ state: 'discarded', because: 'an operator gave it up', attempts },
  firstAttemptAtMs: attempts === 0 ? null : Date.parse(firstAttemptAt),
  turn: { key: eventKey, type, list: [] },
})

type Failed = { delivery: LoadedDelivery; turn: Turn; burial: Burial }

async function bury(item: JobItem, { delivery, turn, burial }: Failed, options: ItemOptions): Promise<ItemResult> {
  const { cause, code, detail } = burial
  const { environment, job, isWanted, mayWrite } = options
  const { subscription, stream } = options.recipient
  const ending = { cause, code, detail }
  const facts = { subscription, stream, delivery, ending, nowMs: Date.now(), job: job.id }
  const { topic, partition } = delivery.record
  const ref = { subscription: subscription.name, uid: subscription.uid, topic, partition, offset: delivery.offset }
  const offset = await appendDeadLetter(environment.deadLetters, deadLetterOf(facts), {
    isWanted,
    // Behind the mark of a runner that has delivered it since, a dead letter would stand for good.
    mayWrite,
    onDelay: (error) => environment.telemetry.deadLetterDelayed(ref, error),
  })
  if (offset === null) return { kind: 'stopped' }
  const { attempts, firstAttemptAtMs } = delivery
  environment.telemetry.deadLettered(ref, { attempts, ...ending })
  tellDeadLetter(environment.ops, { subscription, partition, offset: delivery.offset, burial: ending, job: job.id })
  options.journal.tell(item, { state: 'dead-lettered', because: detail, attempts, firstAttemptAtMs, turn })
  return { kind: 'ended', ending: 'dead-lettered' }
}

/** Counts on from what its dead letter says. */
function deliveryOf({ letter, source, askedToWait }: JobItem, record: StoredRecord): LoadedDelivery {
  return {
    ...newDelivery(source, queueOf(new Map(), null)),
    record,
    attempts: letter?.attempts ?? 0,
    firstAttemptAtMs: letter === null || letter.attempts === 0 ? null : Date.parse(letter.firstAttemptAt),
    askedToWaitAtMs: askedToWait?.lastMs ?? null,
  }
}

function attempted(delivery: LoadedDelivery, { attempts, firstAttemptAtMs, lastAttemptAtMs }: Outcome): LoadedDelivery {
  return {
    ...delivery,
    attempts: delivery.attempts + attempts,
    firstAttemptAtMs: delivery.firstAttemptAtMs ?? firstAttemptAtMs,
    lastAttemptAtMs,
  }
}

/** A target may ask everybody to wait; an event alone that is told so while others succeed has failed. */
function mayWait(item: JobItem, own: boolean): boolean {
  const nowMs = performance.now()
  const firstMs = item.askedToWait?.firstMs ?? nowMs
  item.askedToWait = { firstMs, lastMs: nowMs }
  return !own && nowMs - firstMs < longestWaitMs
}

function refOf({ subscription, uid, source }: NonNullable<JobItem['letter']>) {
  const { topic, partition, offset } = source
  return { subscription, uid, topic, partition, offset }
}

import type { Subscription } from '../model.ts'

/** The stream of operational events. It is made by init and belongs to the installation: nobody creates or deletes it. */
export const opsStream = 'ops'

export type OpsEventType =
  | 'tailrace.subscription.held'
  | 'tailrace.subscription.released'
  | 'tailrace.subscription.paused'
  | 'tailrace.subscription.lagging'
  | 'tailrace.subscription.retention-near'
  | 'tailrace.dead-letter.added'
  | 'tailrace.takeover'
  | 'tailrace.broker.lost'
  | 'tailrace.broker.back'
  | 'tailrace.job.finished'
  | 'tailrace.compare.mismatch'

/** One operational event. Events of one subject stay in order. */
export type OpsEvent = {
  type: OpsEventType
  subject: string
  data: Readonly<Record<string, unknown>>
  /** The stream of the subscription it is about: those of `ops` itself raise none. */
  stream: string | null
}

type About = Pick<Subscription, 'name' | 'uid' | 'stream'>

const about = (type: OpsEventType, { name, uid, stream }: About, data: OpsEvent['data']): OpsEvent => ({
  ...{ type, subject: `subscriptions/${name}`, stream },
  data: { subscription: name, subscriptionUid: uid, stream, ...data },
})

export type HoldFacts = { reason: string; lagEvents: number; lastError: string | null }

/** Its targets all fail, or an operator holds it; nothing is lost. */
export const held = (subscription: About, facts: HoldFacts) => about('tailrace.subscription.held', subscription, facts)

/** It was held and goes on. */
export const released = (subscription: About, facts: { lagEvents: number }) =>
  about('tailrace.subscription.released', subscription, facts)

/** It delivers nothing until an operator resumes it. `reason`: `operator`, `receiver-gone`, `offsets-lost`. */
export const paused = (subscription: About, facts: { reason: string }) =>
  about('tailrace.subscription.paused', subscription, facts)

export type LagFacts = { lagSeconds: number; lagEvents: number; oldestAt: string }

/** It delivers, but its oldest event has waited longer than TAILRACE_LAGGING_AFTER_MS. */
export const lagging = (subscription: About, facts: LagFacts) =>
  about('tailrace.subscription.lagging', subscription, facts)

/** The oldest undelivered event has lived through so much of the retention of its stream: 0.5 or 0.8. */
export const retentionNear = (subscription: About, facts: LagFacts & { used: number; retentionMs: number }) =>
  about('tailrace.subscription.retention-near', subscription, facts)

export type DeadLetterFacts = {
  id: string
  position: string
  cause: string
  code: string
  detail: string
  /** The job whose delivery it was; null for a live one. */
  job: string | null
}

/** A delivery ended without success; others of the same cause in the next minute are not told. */
export const deadLetterAdded = (subscription: About, facts: DeadLetterFacts) =>
  about('tailrace.dead-letter.added', subscription, facts)

/** An instance fell silent; the others continue its partitions. `members` of groups that were left on its behalf. */
export const takeover = (facts: { instance: string; members: number }): OpsEvent => ({
  ...{ type: 'tailrace.takeover', subject: `instances/${facts.instance}`, stream: null, data: facts },
})

export type BrokerFacts = { id: number; address: string }

export const brokerLost = (facts: BrokerFacts): OpsEvent => brokerEvent('tailrace.broker.lost', facts)
export const brokerBack = (facts: BrokerFacts): OpsEvent => brokerEvent('tailrace.broker.back', facts)

const brokerEvent = (type: OpsEventType, { id, address }: BrokerFacts): OpsEvent => ({
  ...{ type, subject: `brokers/${id}`, stream: null, data: { broker: id, address } },
})

export type JobFacts = {
  id: string
  kind: string
  /** `finished`, `cancelled` or `failed`. */
  state: string
  matched: number
  done: number
  delivered: number
  deadLettered: number
  error: string | null
}

/** A job ended, one way or another: to be raised once, under the mark `job:<id>`. */
export const jobFinished = (subscription: About, facts: JobFacts): OpsEvent => ({
  ...{ ...about('tailrace.job.finished', subscription, facts), subject: `jobs/${facts.id}` },
})

export type Compared = { target: string; status: number | null; bodySha256: string | null }
export type MismatchFacts = { id: string; position: string; primary: Compared; other: Compared }

/** Two targets that are compared answered the same event differently. */
export const compareMismatch = (subscription: About, facts: MismatchFacts) =>
  about('tailrace.compare.mismatch', subscription, facts)

import type { SigningScheme } from '#shared/delivery/signature.ts'
import type { JsonSchema } from '#shared/event/schema/keywords.ts'
import type { Sealed } from './secrets.ts'

/** A named, partitioned, replicated log of events. `bound`: on an existing topic of another owner. Times are RFC 3339 UTC. */
export type Stream = {
  name: string
  /** Offset of its record in the catalog topic. */
  revision: number
  createdAt: string
  updatedAt: string
  partitions: number
  retentionMs: number
  retentionBytes: number | null
  topic: string
  bound: boolean
  defaultType: string | null
  /** JSON Schema (draft 2020-12) of the data of its events. A newer version may have stored one that this one cannot use. */
  schema: JsonSchema | null
  description: string
}

export type Ordering = 'key' | 'none' | 'partition'

/** What happens behind an event that failed and waits for its next attempt: its key waits with it, or goes on without it. */
export type WhileBlocked = 'wait' | 'skip'

export type Target = { url: string; weight: number; backup: boolean; healthPath: string | null }

/** How the targets of a subscription share its deliveries; services/consumer/balance.ts says what each means. */
export type Balance = 'round-robin' | 'random' | 'weighted' | 'least-loaded' | 'primary-backup' | 'compare'

/** What an operator may say that a status means. */
export type StatusOutcome = 'delivered' | 'retry' | 'dead-letter'

export type Destination = {
  kind: 'http' | 'kafka'
  /** Of the same cluster; null for http. */
  topic: string | null
  /** `binary`: the data alone, under their own content type. */
  format: 'as-published' | 'binary'
  balance: Balance
  /** 1 to 20, no URL twice; none for kafka. */
  targets: Target[]
  /** Sent with every request, beside those of the event and the signature. Shown in answers: no place for secrets. */
  headers: Record<string, string>
  auth: TargetAuth | null
  tls: TargetTls
}

/** A secret member of a destination. Answers show when it was set, never what it is. */
export type SealedMember = Sealed & { updatedAt: string }

/** What the header `authorization` of every request is made of (RFC 6750, RFC 7617). */
export type TargetAuth =
  | { kind: 'bearer'; token: SealedMember }
  | { kind: 'basic'; username: string; password: SealedMember }

/** PEM texts. The certificate and its key prove to receivers who calls; `ca` is trusted instead of the public authorities. */
export type TargetTls = { certificate: string | null; key: SealedMember | null; ca: string | null }

export type DeliveryPolicy = {
  timeoutMs: number
  connectTimeoutMs: number
  /** Most deliveries of one instance at a time. */
  concurrency: number
  /** Requests of all instances together; null = as many as the concurrency lets pass. */
  rateLimit: RateLimit | null
  /** `"409"` or `"4xx"` → what it means instead of what it usually does. */
  onStatus: Record<string, StatusOutcome>
}

export type RetryPolicy = {
  /** Points after the first failure, not gaps. */
  scheduleMs: number[]
  giveUpAfterMs: number
  whileBlocked: WhileBlocked
}

/** A stream, a destination, a policy; one Kafka consumer group, whose name carries the immutable `uid`. */
export type Subscription = {
  uid: string
  name: string
  revision: number
  createdAt: string
  updatedAt: string
  stream: string
  /** As it was asked for at creation; `startOffsets` is what it came to. */
  from: string
  paused: boolean
  /** Targets that were taken out before this moment are back in: set by `resume` and by a changed URL. */
  resumedAt: string | null
  /** Since when an operator holds it: nothing is delivered and nobody probes until it is released. */
  heldAt: string | null
  /** When an operator last ended its holds, also those that the consumers began. */
  releasedAt: string | null
  description: string
  ordering: Ordering
  filter: { types: string[] | null; cel: string | null }
  destination: Destination
  delivery: DeliveryPolicy
  retry: RetryPolicy
  signing: { schemes: SigningScheme[] }
  /** Partition number → first offset that belongs to it. */
  startOffsets: Record<string, number>
  group: string
  retryTopic: string
}

export type RateLimit = { perSecond: number; burst: number }

/** What stands for one secret of an API key: never the secret itself. */
export type KeySecret = { hash: string; createdAt: string; validUntil: string | null }

export type ApiKey = {
  id: string
  name: string
  scopes: string[]
  rateLimit: RateLimit | null
  expiresAt: string | null
  createdAt: string
  revision: number
  secrets: KeySecret[]
}

/** What the consumers found out about a subscription; the record `state/<uid>` is theirs alone. */
export type SubscriptionState = {
  uid: string
  startedAt: string | null
  /** For example `receiver-gone` or `offsets-lost`. */
  reason: string | null
  since: string
  /** Targets that answered 410: out since `at`, until the subscription's `resumedAt` is later. */
  gone: GoneTarget[]
}

export type GoneTarget = { url: string; at: string }

/** Where an operator moved a subscription to while it was paused; the record `position/<uid>` is the console's alone. */
export type SubscriptionPosition = {
  revision: number
  /** Fresh for every move, so that moving to the same offsets again is seen as a move. */
  id: string
  at: string
  /** Partition number → the offset it goes on from; a partition that is not named stays where it is. */
  offsets: Record<string, number>
}

/**
 * One signing secret in the clear; only in memory. `secret` signs v1, `privateKey` (an ed25519 seed of 32 bytes) v1a. The newest
 * stands first, an older one counts until `validUntil`.
 */
export type SigningSecret = { secret: Buffer; privateKey: Buffer; createdAt: string; validUntil: string | null }

/** The reason of a hold that an operator began; the other reasons are the consumers' to find. */
export const heldByOperator = 'held-by-operator'

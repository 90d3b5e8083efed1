export type Target = { url: string; weight: number; backup: boolean; healthPath: string | null }
export type SecretMark = { set: boolean; updatedAt: string | null }

export type TargetStatus = {
  url: string
  breaker: string | null
  openOn: number
  instances: number
  lastError: string | null
  healthy: boolean | null
}

export type InstanceOpinion = { instance: string; breaker: string; lastError: string | null }

export type KeyQueue = { key: string; waiting: number; head: string; position: string; since: string }

export type SubscriptionStatus = {
  phase: string
  reason: string | null
  since: string | null
  nextProbeAt: string | null
  lagEvents: number | null
  lagSeconds: number | null
  lagTrend: string | null
  catchUpSeconds: number | null
  oldestUndelivered: { position: string; at: string; retentionUsed: number | null } | null
  retrying: number | null
  blockedKeys: number | null
  longestQueues: KeyQueue[] | null
  deadLetters: number | null
  targets: (TargetStatus & { byInstance: InstanceOpinion[] })[]
}

/** What is set for a subscription and can be sent back with PUT. */
export type SubscriptionDefinition = {
  stream: string
  from: string
  paused: boolean
  description: string
  ordering: string
  filter: { types: string[] | null; cel: string | null } | null
  destination: {
    kind: string
    format: string
    balance: string
    targets: Target[]
    headers: Record<string, string>
    topic?: string
  }
  delivery: {
    timeoutMs: number
    connectTimeoutMs: number
    concurrency: number
    rateLimit: { perSecond: number; burst: number } | null
  }
  retry: { scheduleMs: number[]; giveUpAfterMs: number; whileBlocked: string }
}

export type Subscription = SubscriptionDefinition & {
  name: string
  uid: string
  revision: number
  createdAt: string
  updatedAt: string
  signingSecret?: string
  signing: { schemes: string[]; publicKey: string | null; secrets: { createdAt: string; validUntil: string | null }[] }
  group: string
  retryTopic: string
  status: SubscriptionStatus
}

export type SeekAnswer = { skipped: number; repeated: number; applied: boolean }
export type RotateAnswer = { signingSecret: string; previousValidUntil: string | null }

/** Answers of the REST API, as far as the console shows them. Times are RFC 3339 UTC. */
export type List<T> = { items: T[]; next: string | null }

export type FieldFault = { pointer?: string; query?: string; code: string; detail: string; fix?: string }
export type ProblemBody = {
  title: string
  status: number
  code: string
  detail: string
  retryable: boolean
  retryAfterMs?: number
  requestId: string
  hint?: string
  errors?: FieldFault[]
}

export type Info = {
  version: string
  publishUrl: string
  consoleUrl: string
  limits: Record<string, number>
  features: string[]
}

/** `by`: "key <id>"; `name`: what the key is called; `action`: the operation as the OpenAPI document names it. */
export type AuditEntry = { at: string; by: string; name: string; action: string; path: string; status: number }

export type Key = {
  id: string
  name: string
  scopes: string[]
  rateLimit: { perSecond: number; burst: number } | null
  expiresAt: string | null
  createdAt: string
  lastUsedAt: string | null
  revision: number
  secrets: { createdAt: string; validUntil: string | null }[]
  secret?: string
}

export type Stream = {
  name: string
  revision: number
  createdAt: string
  updatedAt: string
  partitions: number
  retentionMs: number | null
  retentionBytes: number | null
  topic: string
  bound: boolean
  defaultType: string | null
  schema: unknown
  description: string
  status: {
    phase: string
    reason: string | null
    since: string | null
    events: number | null
    bytes: number | null
    eventsPerSecond: number | null
    underReplicatedPartitions: number
    subscriptions: string[]
  }
}

/** One event in a bounded browse or in a search. */
export type EventRecord = {
  id: string
  source: string
  type: string
  position: string
  stream: string
  partition: number
  offset: number
  key: string | null
  acceptedAt: string | null
  storedAt: string
  bytes: number
  contentType: string | null
}

/** Some events of one partition, in the order of the log. */
export type BrowsePage = { items: EventRecord[]; firstOffset: number; endOffset: number; nextOffset: number }

export type DeadLetter = {
  id: string
  subscription: string
  position: string
  eventId: string
  source: string
  type: string
  key: string | null
  kind: string
  cause: string
  code: string
  detail: string
  attempts: number
  firstAttemptAt: string
  lastAttemptAt: string
  deadAt: string
  expiresAt: string
  contentType: string | null
  bytes: number
  job: string | null
}

export type DeadLetterGroup = {
  subscription: string
  cause: string
  code: string
  count: number
  firstAt: string
  lastAt: string
  sample: string
}
export type DeadLetterSummary = { groups: DeadLetterGroup[]; total: number }

/** Which dead letters a redrive or discard is about: all members given must hold. */
export type Selection = {
  subscription: string
  cause: string[] | null
  ids: string[] | null
  key: string | null
  since: string | null
  until: string | null
}

export type DryRun = {
  dryRun: true
  matched: number
  bytes: number
  sample: string[]
  leftOut?: number
  estimated?: boolean
}

export type Job = {
  id: string
  kind: string
  request: Record<string, unknown>
  state: string
  matched: number
  done: number
  delivered: number
  deadLettered: number
  ratePerSecond: number | null
  runner: string | null
  createdBy: string
  createdAt: string
  finishedAt: string | null
  etaSeconds: number | null
  error: string | null
  because?: string | null
}

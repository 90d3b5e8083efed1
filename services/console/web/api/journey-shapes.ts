/** Everything that happened to one event (`GET /v1/events/{id}`). */
export type Journey = {
  id: string
  source: string
  type: string
  webhookId: string
  indexCompleteTo: string | null
  records: StoredRecord[]
  deliveries: Delivery[]
}

export type StoredRecord = {
  position: string
  stream: string
  partition: number
  offset: number
  key: string | null
  acceptedAt: string | null
  storedAt: string
  acceptedBy: string | null
  bytes: number
  contentType: string | null
  traceId: string | null
}

export type Delivery = {
  id: string
  subscription: string
  subscriptionUid?: string
  position: string
  state: string
  because: string | null
  behind?: string | null
  nextAttemptAt: string | null
  attempts: number
  firstAttemptAt: string | null
  settledAt: string | null
}

export type Attempt = {
  number: number
  at: string
  instance: string
  target: string
  job: string | null
  decision: string
  code: string
  status: number | null
  timingsMs: { dns: number; connect: number; tls: number; firstByte: number | null; total: number }
  responseHead: Record<string, string | string[]>
  responseBody: string | null
  responseTruncated: boolean
  hint: string | null
}

export type WholeDelivery = Delivery & { attemptList: Attempt[] }

import type { IncomingHttpHeaders } from 'node:http'

/** One request that the receiver was sent, as its page shows it. */
export type ReceivedRequest = {
  /** Counts from 1 since the receiver started. */
  number: number
  /** RFC 3339. */
  at: string
  verified: boolean
  /** What it was answered; null when the connection was cut instead. */
  status: number | null
  webhookId: string | null
  position: string | null
  key: string | null
  attempt: string | null
  type: string | null
  bytes: number
  /** The first 2 KiB as text. */
  body: string
}

/** The last requests, newest first, and how many there were in all. */
export type Inbox = {
  add(request: Omit<ReceivedRequest, 'number'>): ReceivedRequest
  last(count: number): ReceivedRequest[]
  total(): number
}

const kept = 500
const shownBytes = 2048

/** Holds the last 500 requests in memory. */
export function createInbox(): Inbox {
  const requests: ReceivedRequest[] = []
  let total = 0
  return {
    add(request) {
      total += 1
      const numbered = { number: total, ...request }
      requests.unshift(numbered)
      if (requests.length > kept) requests.pop()
      return numbered
    },
    last: (count) => requests.slice(0, count),
    total: () => total,
  }
}

/** What of a webhook is kept. */
export function describeWebhook(headers: IncomingHttpHeaders, body: Buffer) {
  const header = (name: string) => headers[name]?.toString() ?? null
  return {
    at: new Date().toISOString(),
    webhookId: header('webhook-id'),
    position: header('tailrace-position'),
    key: header('tailrace-key'),
    attempt: header('tailrace-attempt'),
    type: header('ce-type'),
    bytes: body.length,
    body: body.subarray(0, shownBytes).toString('utf8'),
  }
}

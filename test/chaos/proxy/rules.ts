/** What a proxy stands in front of: `kafka` streams are cut into frames and known by the client id of their first request. */
export type Protocol = 'kafka' | 'bytes'

/** One upstream on this machine; `port` is where its clients look for it, any free one by default. */
export type Route = { name: string; upstreamPort: number; protocol: Protocol; port?: number }

/** What happens to the bytes that flow one way; nothing by default. */
export type Way = {
  /** Nothing passes, not even the end of a connection; it waits and passes when the cut is over, as over a cut cable. */
  isCut?: boolean
  latencyMs?: number
  /** Added to or taken from the latency, evenly spread. Order stays. */
  jitterMs?: number
  /** Shared by all connections of the route. */
  bytesPerSecond?: number
  /** No more than this at once. */
  sliceBytes?: number
}

/** What happens to the connections of a route. Of several rules the first one that fits a connection is in force. */
export type Rule = {
  /** Only those whose Kafka client id matches this regular expression. */
  clients?: string
  /** Towards the upstream. */
  up?: Way
  /** Towards the client. */
  down?: Way
  lostReplies?: LostReplies
}

/**
 * A broker gets a produce request, does it and answers, but the answer never arrives: it is thrown away and the connection
 * reset. The same seed loses the same ones.
 */
export type LostReplies = { chance: number; seed: number }

/** What a route has seen so far: connections that are open, Kafka client ids, produce requests, answers it threw away. */
export type RouteStatus = { connections: number; clients: readonly string[]; produced: number; lost: number }

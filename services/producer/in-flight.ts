import type { IncomingHttpHeaders } from 'node:http'
import { TailraceError } from '#shared/errors.ts'
import type { Metrics } from '#shared/observability/metrics.ts'

/** Bytes of the publishes in work: announced, received, or waiting for Kafka. Bounds the memory of this process. */
export type InFlight = {
  /** Why `bytes` more would be refused just now; undefined when there is room. */
  refusal(bytes: number): TailraceError | undefined
  /** Takes `bytes` into work; throws `overloaded` when they would exceed the bound. Call what it returns once, at the end. */
  admit(bytes: number): () => void
}

/** The bytes of one request in work. */
export type Hold = {
  /** The request turned out to take this many bytes in all; throws `overloaded` when there is no room for the rest. */
  atLeast(bytes: number): void
  /** Gives everything back. */
  release(): void
}

/** What a request costs beside its body: objects, socket, answer. */
const overheadBytes = 4_096
/** A body that grows takes room in steps, because each step costs the overhead again. */
const stepBytes = 262_144

export function boundInFlight(limitBytes: number, metrics: Metrics): InFlight {
  let inWork = 0
  metrics.gauge('publish_in_flight_bytes', 'Bytes of the publishes in work.', [], (gauge) => gauge.set(inWork))
  const refusal = (bytes: number) => (inWork + bytes + overheadBytes > limitBytes ? overloaded(limitBytes) : undefined)
  return {
    refusal,
    admit(bytes) {
      const refused = refusal(bytes)
      if (refused !== undefined) throw refused
      const cost = bytes + overheadBytes
      inWork += cost
      let isOpen = true
      return () => {
        if (isOpen) inWork -= cost
        isOpen = false
      }
    },
  }
}

/** Admits a request of which `bytes` are known and lets it grow: chunked, compressed and batched bodies show their size late. */
export function holdFor(inFlight: InFlight, bytes: number): Hold {
  const releases = [inFlight.admit(bytes)]
  let held = bytes
  let isReleased = false
  return {
    atLeast(total) {
      // What arrives for a connection that is gone is thrown away at once.
      if (isReleased || total <= held) return
      const more = Math.max(total - held, stepBytes)
      releases.push(inFlight.admit(more))
      held += more
    },
    release() {
      isReleased = true
      for (const release of releases.splice(0)) release()
    },
  }
}

function overloaded(limitBytes: number): TailraceError {
  const detail = `${limitBytes} bytes of publishes are in work (TAILRACE_LIMIT_INFLIGHT_BYTES). Nothing was stored.`
  return new TailraceError('overloaded', detail, { retryAfterMs: 1_000 })
}

/** A chunked body announces nothing and counts as an average event until it is there. */
const unannouncedBytes = 16_384

/** What a body may come to. More than `mostBytes` is never read: that is no question of room. */
export function announcedBytes(headers: IncomingHttpHeaders, mostBytes: number): number {
  const length = headers['content-length']
  if (length !== undefined) return Math.min(Number(length), mostBytes)
  return headers['transfer-encoding'] === undefined ? 0 : unannouncedBytes
}

import { TailraceError } from '#shared/errors.ts'
import type { Metrics } from '#shared/observability/metrics.ts'

/** Bytes of the publishes in work: announced, received, or waiting for Kafka. Bounds the memory of this process. */
export type InFlight = {
  /** Takes `bytes` into work; throws `overloaded` when they would exceed the bound. Call what it returns once, at the end. */
  admit(bytes: number): () => void
}

/** What a request costs beside its body: objects, socket, answer. */
const overheadBytes = 4_096

export function boundInFlight(limitBytes: number, metrics: Metrics): InFlight {
  let inWork = 0
  metrics.gauge('publish_in_flight_bytes', 'Bytes of the publishes in work.', [], (gauge) => gauge.set(inWork))
  return {
    admit(bytes) {
      const cost = bytes + overheadBytes
      if (inWork + cost > limitBytes) throw overloaded(limitBytes)
      inWork += cost
      let isOpen = true
      return () => {
        if (isOpen) inWork -= cost
        isOpen = false
      }
    },
  }
}

function overloaded(limitBytes: number): TailraceError {
  const detail = `${limitBytes} bytes of publishes are in work (TAILRACE_LIMIT_INFLIGHT_BYTES). Nothing was stored.`
  return new TailraceError('overloaded', detail, { retryAfterMs: 1_000 })
}

import { TailraceError } from '#shared/errors.ts'
import type { Metrics } from '#shared/observability/metrics.ts'

/**
 * Whether this process keeps up. States: keeping up → late (a look came more than 200 ms after its time) → overloaded
 * (late for a second, look after look) → keeping up with the first look in time. One long pause, a collection or a freeze,
 * is one late look and refuses nobody.
 */
export type LoopLoad = {
  /** Why nothing more is taken while the event loop is late; undefined while it keeps up. */
  refusal(): TailraceError | undefined
  close(): void
}

type Clock = { now(): number }

const lookEveryMs = 100
const lateMs = 200
const overloadedAfterMs = 1_000

export function watchLoopLoad(metrics: Metrics, clock: Clock = performance): LoopLoad {
  let lookedAtMs = clock.now()
  let lateSinceMs = Number.POSITIVE_INFINITY
  let isOverloaded = false
  metrics.gauge('publish_loop_overloaded', '1 while publishes are refused because of the event loop.', [], (gauge) =>
    gauge.set(isOverloaded ? 1 : 0),
  )
  const look = () => {
    const nowMs = clock.now()
    const isLate = nowMs - lookedAtMs - lookEveryMs > lateMs
    lateSinceMs = isLate ? Math.min(lateSinceMs, nowMs) : Number.POSITIVE_INFINITY
    isOverloaded = nowMs - lateSinceMs >= overloadedAfterMs
    lookedAtMs = nowMs
  }
  const timer = setInterval(look, lookEveryMs)
  return {
    refusal: () => (isOverloaded ? overloaded() : undefined),
    close: () => clearInterval(timer),
  }
}

function overloaded(): TailraceError {
  const detail = `The event loop has been more than ${lateMs} ms late for a second. Nothing was stored.`
  return new TailraceError('overloaded', detail, { retryAfterMs: 1_000 })
}

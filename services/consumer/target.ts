import type { Subscription } from '#shared/catalog/model.ts'
import type { TargetAccess } from '#shared/delivery/access.ts'
import type { AttemptRequest } from '#shared/delivery/attempt.ts'
import { type Decision, decide } from '#shared/delivery/decide.ts'
import type { EgressGuard } from '#shared/delivery/egress.ts'
import { noEvidence, observe, saysDown } from '#shared/delivery/evidence.ts'
import { createTargetClient, type TargetMetrics } from '#shared/delivery/target-client.ts'
import type { TargetHints } from '#shared/redis/target-hints.ts'
import type { BreakerState } from '#shared/resilience/breaker.ts'
import { createSharedBreaker, hintIdOf } from './shared-breaker.ts'

/** One URL of a subscription as this instance sees it: connections, breaker, and what is known against it. */
export type Target = {
  readonly url: string
  /** One attempt; null when the breaker let none pass, or when it proves nothing. */
  attempt(request: AttemptRequest): Promise<Decision | null>
  breaker(): BreakerState
  nextProbeAtMs(): number | null
  lastError(): string | null
  /** An operator says that it is up: nothing is known against it any more, here and on the other instances. */
  release(): void
  /** No later attempt; connections close when the running ones have ended. */
  retire(): void
  /** Ends running attempts with code `aborted`. */
  close(): Promise<void>
}

export type TargetOptions = {
  subscription: Pick<Subscription, 'uid' | 'delivery' | 'destination'>
  access: TargetAccess
  egress: EgressGuard
  metrics: TargetMetrics
  hints: TargetHints
  /** Whether this process stood still since then (monotonic ms): what failed meanwhile may be its own doing. */
  stoodStillSince(ms: number): boolean
  onBreaker(state: BreakerState): void
}

/** Opossum gives a probe up after this; the attempt's own time limit comes first. */
const probeSlackMs = 5_000

export function openTarget({
  subscription,
  access,
  egress,
  metrics,
  hints,
  stoodStillSince,
  onBreaker,
}: TargetOptions): Target {
  const { timeoutMs, connectTimeoutMs, concurrency } = subscription.delivery
  const url = subscription.destination.targets[0]?.url ?? ''
  const client = createTargetClient({ access, egress, connectTimeoutMs, timeoutMs, connections: concurrency, metrics })
  const breaker = createSharedBreaker<Decision | null>(
    { healthy, probeTimeoutMs: timeoutMs + probeSlackMs, onState: onBreaker },
    { hints, id: hintIdOf(subscription.uid, url) },
  )
  let known = noEvidence
  let lastError: string | null = null
  let running = 0
  let isRetired = false
  const learn = (decision: Decision, event: string) => {
    lastError = decision.kind === 'delivered' ? null : decision.detail
    known = observe(known, { evidence: decision.evidence, event, atMs: performance.now() })
    if (saysDown(known) && breaker.state() === 'closed') breaker.open()
  }
  const run = async (request: AttemptRequest): Promise<Decision | null> => {
    running += 1
    const startedAtMs = performance.now()
    try {
      const decision = decide(await client.attempt(request), Date.now())
      if (decision.evidence === 'connection' && stoodStillSince(startedAtMs)) return null
      learn(decision, `${request.record.partition}-${request.record.offset}`)
      return decision
    } finally {
      running -= 1
      if (isRetired && running === 0) void client.close()
    }
  }
  return {
    url,
    attempt: async (request) => {
      const ran = await breaker.run(() => run(request))
      return ran.kind === 'ran' ? ran.result : null
    },
    breaker: breaker.state,
    nextProbeAtMs: breaker.nextProbeAtMs,
    lastError: () => lastError,
    release() {
      known = noEvidence
      breaker.close()
    },
    retire() {
      isRetired = true
      breaker.shutdown()
      if (running === 0) void client.close()
    },
    async close() {
      breaker.shutdown()
      await client.close()
    },
  }
}

/** A target that asks for time, or takes itself out, is there; one that fails on a probe is not back yet. */
const healthy = (decision: Decision | null): boolean => decision?.evidence === 'up' || decision?.evidence === 'none'

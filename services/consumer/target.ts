import type { DeliveryPolicy, Target as TargetSpec } from '#shared/catalog/model.ts'
import type { TargetAccess } from '#shared/delivery/access.ts'
import type { AttemptRequest, AttemptResult } from '#shared/delivery/attempt.ts'
import { type Decision, decide } from '#shared/delivery/decide.ts'
import type { EgressGuard } from '#shared/delivery/egress.ts'
import { noEvidence, observe, saysDown } from '#shared/delivery/evidence.ts'
import { createTargetClient, type TargetMetrics } from '#shared/delivery/target-client.ts'
import type { TargetHints } from '#shared/redis/target-hints.ts'
import type { BreakerState } from '#shared/resilience/breaker.ts'
import { openHealthCheck } from './health-check.ts'
import { climb, fallBack, fullRamp, restartRamp } from './pair/ramp.ts'
import type { Send } from './sender.ts'
import { createSharedBreaker, hintIdOf } from './shared-breaker.ts'

/**
 * Whether deliveries may go to a target.
 *
 *   up         yes
 *   waits      it asked for time (Retry-After)
 *   open       the evidence or its health check says that it is down
 *   half-open  one delivery may find out whether it is back
 *   probing    that delivery is under way
 */
export type TargetState = 'up' | 'waits' | 'open' | 'half-open' | 'probing'

/** One attempt: what came back, and what that leads to. */
export type Attempted = {
  /** Null when it was no HTTP request. */
  result: AttemptResult | null
  decision: Decision
}

/** One URL of a subscription as this instance sees it: connections, breaker, health check, and what is known against it. */
export type Target = {
  readonly url: string
  /** One attempt; null when the breaker let none pass, or when it proves nothing. */
  attempt(request: AttemptRequest): Promise<Attempted | null>
  state(nowMs: number): TargetState
  /** As operators see it: open also while the health check fails. */
  breaker(): BreakerState
  /** It asked for time: nothing is sent before `untilMs` (monotonic). */
  wait(untilMs: number): void
  waitsUntilMs(): number
  /** Attempts under way. */
  underWay(): number
  /** How many may be: one when it has come back, twice as many with each success. */
  limit(): number
  lastSuccessAtMs(): number
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
  /** Of the subscription. */
  uid: string
  spec: Pick<TargetSpec, 'url' | 'healthPath'>
  delivery: Pick<DeliveryPolicy, 'timeoutMs' | 'connectTimeoutMs' | 'concurrency' | 'onStatus'>
  /** Null: by HTTP requests. */
  send: Send | null
  access: TargetAccess
  egress: EgressGuard
  metrics: TargetMetrics
  hints: TargetHints
  /** Whether an attempt may go out, asked in the moment in which it would. */
  mayStart(): boolean
  /** Whether this process stood still since then (monotonic ms): what failed meanwhile may be its own doing. */
  stoodStillSince(ms: number): boolean
  /** Whether its health is worth a request now. */
  isCheckWanted(): boolean
  /** It takes no deliveries from now on but probes. */
  onLeftOut(because: 'evidence' | 'health-check', detail: string | null): void
  /** It takes deliveries again. */
  onBack(): void
  /** Its breaker or its health changed; after the two above. */
  onChange(): void
}

/** Opossum gives a probe up after this; the attempt's own time limit comes first. */
const probeSlackMs = 5_000

export function openTarget({ spec, delivery, egress, metrics, stoodStillSince, ...options }: TargetOptions): Target {
  const { url, healthPath } = spec
  const { timeoutMs, connectTimeoutMs, concurrency, onStatus } = delivery
  const { uid, send, access, hints, ...hooks } = options
  // A health check never waits behind deliveries.
  const connections = concurrency + (healthPath === null ? 0 : 1)
  const client = createTargetClient({ access, egress, connectTimeoutMs, timeoutMs, connections, metrics })
  const breaker = createSharedBreaker<Attempted | null>(
    {
      ...{ healthy, probeTimeoutMs: timeoutMs + probeSlackMs },
      onState(state) {
        if (state === 'closed') comeBack()
        changed()
      },
    },
    { hints, id: hintIdOf(uid, url), proves: (attempted) => attempted !== null },
  )
  let known = noEvidence
  let lastError: string | null = null
  let lastSuccessAtMs = Number.NEGATIVE_INFINITY
  let waitsUntilMs = Number.NEGATIVE_INFINITY
  let ramp = fullRamp(concurrency)
  let running = 0
  let isProbing = false
  let isRetired = false
  let isLeftOut = false
  const comeBack = () => {
    known = noEvidence
    ramp = restartRamp(ramp)
  }
  const health = openHealthCheck({
    ...{ url, healthPath, client, metrics, stoodStillSince, isWanted: hooks.isCheckWanted },
    onChange(isFailing) {
      // It failed and works again: what spoke against it is of the time before.
      if (!isFailing) {
        comeBack()
        if (breaker.state() !== 'closed') breaker.close()
      }
      changed()
    },
  })
  const changed = () => {
    const isOut = health.isFailing() || breaker.state() !== 'closed'
    if (isOut && !isLeftOut) hooks.onLeftOut(health.isFailing() ? 'health-check' : 'evidence', errorNow())
    if (!isOut && isLeftOut) hooks.onBack()
    isLeftOut = isOut
    hooks.onChange()
  }
  const errorNow = () => health.lastError() ?? lastError
  const learn = ({ kind, detail, evidence }: Decision, event: string) => {
    lastError = kind === 'delivered' ? null : detail
    if (kind === 'delivered') lastSuccessAtMs = performance.now()
    ramp = evidence === 'up' ? climb(ramp) : fallBack(ramp)
    known = observe(known, { evidence, event, atMs: performance.now() })
    if (saysDown(known) && breaker.state() === 'closed') breaker.open()
  }
  const byHttp: Send = async (request, mayStart) => {
    const result = await client.attempt(request, { mayStart })
    return { result, decision: decide(result, Date.now(), onStatus) }
  }
  /** Null when it was held back, whatever the sender made of that. */
  const ask = async (request: AttemptRequest): Promise<Attempted | null> => {
    let isHeldBack = false
    const attempted = await (send ?? byHttp)(request, () => {
      isHeldBack = !hooks.mayStart()
      return !isHeldBack
    })
    return isHeldBack ? null : attempted
  }
  const run = async (request: AttemptRequest): Promise<Attempted | null> => {
    running += 1
    const startedAtMs = performance.now()
    try {
      const attempted = await ask(request)
      if (attempted === null) return null
      const { result, decision } = attempted
      // A receiver gives up whom it gets no answer from, and a connection can end so while nobody looked.
      const isUnanswered = decision.evidence === 'connection' || result?.kind === 'failure'
      if (isUnanswered && stoodStillSince(startedAtMs)) return null
      learn(decision, `${request.record.partition}-${request.record.offset}`)
      return attempted
    } finally {
      running -= 1
      if (isRetired && running === 0) void client.close()
    }
  }
  return {
    url,
    async attempt(request) {
      const isProbe = breaker.state() === 'half-open' && !isProbing
      if (isProbe) isProbing = true
      try {
        const ran = await breaker.run(() => run(request))
        return ran.kind === 'ran' ? ran.result : null
      } finally {
        if (isProbe) isProbing = false
      }
    },
    state(nowMs) {
      if (health.isFailing()) return 'open'
      const state = breaker.state()
      if (state === 'closed') return nowMs < waitsUntilMs ? 'waits' : 'up'
      if (state === 'half-open' && isProbing) return 'probing'
      return nowMs < waitsUntilMs ? 'open' : state
    },
    breaker: () => (health.isFailing() ? 'open' : breaker.state()),
    wait(untilMs) {
      waitsUntilMs = Math.max(waitsUntilMs, untilMs)
    },
    waitsUntilMs: () => waitsUntilMs,
    underWay: () => running,
    limit: () => ramp.limit,
    lastSuccessAtMs: () => lastSuccessAtMs,
    nextProbeAtMs: () => (health.isFailing() ? health.nextAtMs() : breaker.nextProbeAtMs()),
    lastError: errorNow,
    release() {
      comeBack()
      waitsUntilMs = Number.NEGATIVE_INFINITY
      health.forget()
      breaker.close()
      changed()
    },
    retire() {
      isRetired = true
      breaker.shutdown()
      health.close()
      if (running === 0) void client.close()
    },
    async close() {
      breaker.shutdown()
      health.close()
      await client.close()
    },
  }
}

/** A target that asks for time, or takes itself out, is there; one that fails on a probe is not back yet. */
const healthy = (attempted: Attempted | null): boolean =>
  attempted?.decision.evidence === 'up' || attempted?.decision.evidence === 'none'

import type { SigningSecret, Stream, Subscription } from '#shared/catalog/model.ts'
import type { Decision } from '#shared/delivery/decide.ts'
import { describeEvent, type EventDescription } from '#shared/event/describe.ts'
import { withQuickRetries } from '#shared/resilience/quick-retry.ts'
import type { LoadedDelivery } from './pair/effects.ts'
import type { Outcome } from './pair/inputs.ts'
import type { Target } from './target.ts'

/** What a delivery needs to know of its subscription, as it is now. */
export type PipelineContext = {
  subscription(): Subscription
  stream(): Stream
  secrets(): readonly SigningSecret[]
  target(): Target
  /** No second attempt within this delivery: the runner is stopping. */
  isStopping(): boolean
  /** A second or third request of this delivery starts. */
  triesAgain(): void
  /** When another event last succeeded, monotonic ms. */
  lastSuccessAtMs(): number
  attemptFailed(delivery: LoadedDelivery, attempt: number, decision: Decision): void
}

/** What a delivery came to, and whether the target asked to be taken out. */
export type Delivered = { outcome: Outcome; isGone: boolean }

/**
 * One delivery, from the head of a key queue to what it came to: describe the event, try (twice more within two seconds
 * when a passing fault is likely), decide. Never rejects but for a bug.
 */
export async function deliver(delivery: LoadedDelivery, context: PipelineContext): Promise<Delivered> {
  const event = describeEvent(delivery.record, context.stream())
  if (event.malformed !== undefined) return { outcome: malformed(event.malformed), isGone: false }
  const firstAttemptAtMs = Date.now()
  const made = { attempts: 0, firstAttemptAtMs, lastAttemptAtMs: firstAttemptAtMs }
  const target = context.target()
  const decision = await withQuickRetries({
    attempt: (again) => {
      if (again > 0) {
        made.lastAttemptAtMs = Date.now()
        context.triesAgain()
      }
      return tryOnce({ delivery, event, target, made, context })
    },
    mayHelp: (last) => last?.quickRetry === true && target.breaker() === 'closed' && !context.isStopping(),
  })
  return { outcome: outcomeOf(decision, { delivery, event, target, made, context }), isGone: isGone(decision) }
}

type Made = { attempts: number; firstAttemptAtMs: number; lastAttemptAtMs: number }
type Trial = { delivery: LoadedDelivery; event: EventDescription; target: Target; made: Made; context: PipelineContext }

async function tryOnce({ delivery, event, target, made, context }: Trial): Promise<Decision | null> {
  const { name, uid, signing } = context.subscription()
  const number = delivery.attempts + made.attempts + 1
  const decision = await target.attempt({
    url: target.url,
    record: delivery.record,
    stream: context.stream(),
    subscription: { name, uid },
    webhookId: event.webhookId,
    signing: { schemes: signing.schemes, secrets: context.secrets() },
    number,
    firstAttemptAtMs: delivery.firstAttemptAtMs ?? made.firstAttemptAtMs,
    key: event.key,
    replay: null,
  })
  if (decision === null) return null
  made.attempts += 1
  if (decision.kind !== 'delivered') context.attemptFailed(delivery, number, decision)
  return decision
}

function outcomeOf(decision: Decision | null, { delivery, event, target, made, context }: Trial): Outcome {
  if (decision === null) return { kind: 'unproven', ...made }
  const { code, detail } = decision
  switch (decision.kind) {
    case 'delivered':
      return { kind: 'delivered', ...made }
    case 'dead-letter':
      return { kind: 'refused', cause: decision.cause ?? 'refused', code, detail, ...made }
    case 'target-gone':
      return { kind: 'unproven', ...made }
    case 'target-waits': {
      const asked = delivery.askedToWaitAtMs
      const own = asked !== null && context.lastSuccessAtMs() > asked
      return { kind: 'target-waits', waitMs: decision.retryAfterMs ?? 0, own, code, detail, ...made }
    }
    case 'retry':
      // Asked again after the failure: when the target went down meanwhile, the event is not at fault and starts no clock.
      if (target.breaker() !== 'closed' || code === 'aborted') return { kind: 'unproven', ...made }
      return { kind: 'failed', eventId: event.id, cause: decision.cause ?? 'exhausted', code, detail, ...made }
    default:
      return decision.kind satisfies never
  }
}

const isGone = (decision: Decision | null): boolean => decision?.kind === 'target-gone'

function malformed(detail: string): Outcome {
  const now = Date.now()
  const never = { attempts: 0, firstAttemptAtMs: now, lastAttemptAtMs: now }
  return { kind: 'refused', cause: 'malformed-record', code: 'malformed-record', detail, ...never }
}

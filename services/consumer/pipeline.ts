import type { SigningSecret, Stream, Subscription } from '#shared/catalog/model.ts'
import type { AttemptRequest } from '#shared/delivery/attempt.ts'
import type { Decision } from '#shared/delivery/decide.ts'
import type { LoggedAttempt } from '#shared/delivery/log/entries.ts'
import { loggedAttempt } from '#shared/delivery/log/logged-attempt.ts'
import { binaryPayload, type Payload } from '#shared/event/binary-payload.ts'
import { describeEvent, type EventDescription } from '#shared/event/describe.ts'
import { withQuickRetries } from '#shared/resilience/quick-retry.ts'
import type { Turn } from './attempts/journal.ts'
import type { Comparing } from './comparing.ts'
import type { LoadedDelivery } from './pair/effects.ts'
import type { Outcome } from './pair/inputs.ts'
import type { Target } from './target.ts'
import type { Ended, Targets } from './targets.ts'

/** What a delivery needs to know of its subscription, as it is now. */
export type PipelineContext = {
  subscription(): Subscription
  stream(): Stream
  secrets(): readonly SigningSecret[]
  targets: Pick<Targets, 'pick' | 'isAnyUp'>
  /** Sends each event to a second target too, where there is one to compare; null: never. */
  comparing: Pick<Comparing, 'follow'> | null
  /** No further request for a delivery. Whether it is still ours is asked by its target, when the request is written. */
  isStopping(): boolean
  /** The job whose deliveries these are; absent for live ones. */
  replay?: string
  /** Another request for this delivery starts, after the first one. */
  sendsMore(): void
  attemptFailed(delivery: LoadedDelivery, attempt: { number: number; url: string }, decision: Decision): void
}

/**
 * What a delivery came to; `last` is its last attempt, null when it made none that proves anything. `turn`: what the
 * attempts log keeps of it.
 */
export type Delivered = { outcome: Outcome; last: Ended | null; turn: Turn }

/**
 * One delivery, from the head of a key queue to what it came to: describe the event, try (twice more within two seconds
 * when a passing fault is likely, somewhere else if there is another target), decide. Never rejects but for a bug.
 */
export async function deliver(delivery: LoadedDelivery, context: PipelineContext): Promise<Delivered> {
  const event = describeEvent(delivery.record, context.stream())
  const list: LoggedAttempt[] = []
  const turn = { key: event.key, type: event.type, list }
  if (event.malformed !== undefined) return { outcome: malformed(event.malformed), last: null, turn }
  const payload = payloadOf(delivery, event, context)
  if (payload === null) return { outcome: malformed(noPayload), last: null, turn }
  const firstAttemptAtMs = Date.now()
  const made = { attempts: 0, firstAttemptAtMs, lastAttemptAtMs: firstAttemptAtMs, tried: [] }
  const trial = { delivery, event, payload, made, list, context }
  const last = await withQuickRetries({
    attempt: (again) => {
      if (again > 0) {
        if (context.isStopping()) return Promise.resolve(null)
        context.sendsMore()
      }
      return tryOnce(trial)
    },
    mayHelp: (one) => one?.decision.quickRetry === true && context.targets.isAnyUp() && !context.isStopping(),
  })
  return { outcome: outcomeOf(last, trial), last, turn }
}

type Made = { attempts: number; firstAttemptAtMs: number; lastAttemptAtMs: number; tried: Target[] }
type Trial = {
  delivery: LoadedDelivery
  event: EventDescription
  /** Undefined: the record as it was published. */
  payload: Payload | undefined
  made: Made
  list: LoggedAttempt[]
  context: PipelineContext
}

const noPayload = 'its data cannot be taken out of its envelope'

/** Null when the destination wants the data alone and they cannot be read. */
function payloadOf({ record }: LoadedDelivery, event: EventDescription, { subscription }: PipelineContext) {
  return subscription().destination.format === 'binary' ? binaryPayload(record, event) : undefined
}

async function tryOnce({ delivery, event, payload, made, list, context }: Trial): Promise<Ended | null> {
  const target = context.targets.pick(made.tried)
  if (target === null) return null
  made.tried.push(target)
  const { name, uid, signing } = context.subscription()
  const number = delivery.attempts + made.attempts + 1
  const request: AttemptRequest = {
    url: target.url,
    record: delivery.record,
    stream: context.stream(),
    subscription: { name, uid },
    webhookId: event.webhookId,
    signing: { schemes: signing.schemes, secrets: context.secrets() },
    number,
    firstAttemptAtMs: delivery.firstAttemptAtMs ?? made.firstAttemptAtMs,
    key: event.key,
    replay: context.replay ?? null,
    ...(payload === undefined ? {} : { payload }),
  }
  const startedAtMs = Date.now()
  const attempting = target.attempt(request)
  const isCompared = made.tried.length === 1 && context.comparing?.follow(attempting, request) === true
  const attempted = await attempting
  if (attempted === null) return null
  const { decision, result } = attempted
  list.push(
    loggedAttempt({
      number,
      url: target.url,
      decision,
      result,
      startedAtMs,
      endedAtMs: Date.now(),
      isCompared,
    }),
  )
  made.attempts += 1
  // The wall clock may have been set back since the first one.
  made.lastAttemptAtMs = Math.max(startedAtMs, request.firstAttemptAtMs)
  if (decision.kind !== 'delivered') context.attemptFailed(delivery, { number, url: target.url }, decision)
  return { target, decision }
}

function outcomeOf(last: Ended | null, { delivery, event, made: { tried: _, ...made } }: Trial): Outcome {
  if (last === null) return { kind: 'unproven', ...made }
  const { target, decision } = last
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
      const own = asked !== null && target.lastSuccessAtMs() > asked
      return { kind: 'target-waits', waitMs: decision.retryAfterMs ?? 0, own, code, detail, ...made }
    }
    case 'retry':
      // Asked again after the failure: when this target went down meanwhile, the event is not at fault and starts no clock.
      if (target.breaker() !== 'closed' || code === 'aborted') return { kind: 'unproven', ...made }
      return { kind: 'failed', eventId: event.id, cause: decision.cause ?? 'exhausted', code, detail, ...made }
    default:
      return decision.kind satisfies never
  }
}

function malformed(detail: string): Outcome {
  const now = Date.now()
  const never = { attempts: 0, firstAttemptAtMs: now, lastAttemptAtMs: now }
  return { kind: 'refused', cause: 'malformed-record', code: 'malformed-record', detail, ...never }
}

import { setTimeout as sleep } from 'node:timers/promises'
import type { Stream, Subscription } from '#shared/catalog/model.ts'
import type { SubscriptionReport } from '#shared/redis/instances.ts'
import { Journal } from './attempts/journal.ts'
import { deadLetterOf } from './dead-letter.ts'
import type { RunnerEnvironment } from './environment.ts'
import { Filtering } from './filtering.ts'
import { HoldControl } from './hold-control.ts'
import { openTargets } from './open-targets.ts'
import { OpsWatch } from './ops-watch.ts'
import { type DeliveryEffect, Ownership } from './ownership.ts'
import type { Delivery } from './pair/deliveries.ts'
import type { Effect } from './pair/effects.ts'
import { endAttempt, type Flow, freeSlots, openFlow, setConcurrency, sharedSlots, startAttempt } from './pair/flow.ts'
import { isHolding, isProbeDue } from './pair/hold.ts'
import type { Input } from './pair/inputs.ts'
import { createPair, type Pair } from './pair/states.ts'
import { step } from './pair/step.ts'
import { isStreamWaiting, offerProbe, offerRound, readyCount, type Taken } from './pair-ring.ts'
import { PairTopics } from './pair-topics.ts'
import { type Delivered, deliver, type PipelineContext } from './pipeline.ts'
import { inboxBytesFor, pairPolicyOf } from './policy.ts'
import { RateGate } from './rate-gate.ts'
import { reportOf } from './report.ts'
import { createRetryRequests, type RetryRequests } from './retry-requests.ts'
import { appendDeadLetter } from './settle.ts'
import { standingOf } from './standing.ts'
import type { Targets } from './targets.ts'

type RunnerOptions = { environment: RunnerEnvironment; subscription: Subscription; stream: Stream }

type Attempt = Extract<Effect, { kind: 'attempt' }>
type Burying = Extract<Effect, { kind: 'append-dead-letter' }>

const longestDrainMs = 25_000
const drainLookMs = 10

/**
 * One subscription on this instance: hands what its pairs ask for to the pipeline, and what came of it back to the pairs.
 *
 *   running ⇄ holding   as `pair/hold.ts` says; the group is kept either way, so its position never expires
 *   stopping            no new attempt; running ones end; dead letters settle; last commit; the group is left
 */
export class SubscriptionRunner {
  readonly #environment: RunnerEnvironment
  readonly #ownership: Ownership
  readonly #flow: Flow
  readonly #hold: HoldControl
  readonly #rate: RateGate
  readonly #topics: PairTopics
  readonly #retries: RetryRequests
  readonly #context: PipelineContext
  readonly #journal: Journal
  readonly #watch: OpsWatch
  readonly #targets: Targets
  readonly #filtering: Filtering
  #subscription: Subscription
  #stream: Stream
  #stopping: Promise<void> | undefined
  /** Of the operator's position that the pairs know. */
  #positionId: string | undefined
  #delivered = 0

  constructor({ environment, subscription, stream }: RunnerOptions) {
    this.#environment = environment
    this.#subscription = subscription
    this.#stream = stream
    this.#flow = openFlow(subscription.delivery.concurrency)
    this.#rate = new RateGate({
      ...{ rates: environment.rates, id: `subscription.${subscription.uid}` },
      onPermits: () => this.#dispatch(),
      onWait: () => environment.telemetry.rateWaited(),
      onBroken: environment.onBroken,
    })
    this.#rate.limit(subscription.delivery.rateLimit)
    this.#targets = openTargets({
      ...{ environment, subscription: () => this.#subscription },
      isPaused: () => this.#flow.hold.paused !== null,
      onChange: () => {
        this.#followTargets()
        this.#dispatch()
      },
    })
    this.#context = this.#createContext()
    this.#filtering = new Filtering({
      onUnusable: (detail) => {
        if (this.#flow.hold.paused === null) this.#hold.fail('filter-unusable', detail)
      },
    })
    this.#journal = new Journal(environment.attemptLog, subscription)
    this.#watch = new OpsWatch({
      ...{ ops: environment.ops, laggingAfterMs: environment.laggingAfterMs },
      subscription: () => this.#subscription,
      retentionMs: () => this.#stream.retentionMs,
      standing: () => standingOf(this.#ownership.ring.pairs, this.#ownership.ends),
      lastError: () => this.#targets.reports().find(({ lastError }) => lastError !== null)?.lastError ?? null,
      isSpeaker: () => this.#ownership.pairs.has(0),
    })
    this.#hold = new HoldControl({
      ...{ environment, flow: this.#flow, subscription: () => this.#subscription },
      onReason: (reason) => this.#watch.reasonChanged(reason),
      onChange: (kind) => this.#ownership.applyToAll({ kind }),
      onFound: () => this.#ownership.reload(),
    })
    this.#topics = new PairTopics({
      admin: environment.admin,
      topics: { stream: stream.topic, retry: subscription.retryTopic },
      onWrong: (detail) => environment.telemetry.topicsWrong(subscription.name, detail),
    })
    this.#ownership = new Ownership({
      ...{ environment, subscription, stream },
      newPair: (partition) => this.#newPair(partition),
      perform: (pair, effect) => this.#perform(pair, effect),
      onAppend: (pair, append) => this.#journal.appends(pair, append),
      flushLog: () => this.#journal.flush(),
      onWork: () => this.#dispatch(),
      isFiltering: () => this.#filtering.isActive,
    })
    this.#filtering.follow(subscription, stream)
    this.#retries = createRetryRequests({
      requests: () => environment.catalog.retryNow(subscription.uid)?.requests ?? [],
      pairs: this.#ownership.pairs,
      retry: (pair, offset) => this.#ownership.apply(pair, { kind: 'retry-now', offset }),
    })
    this.#positionId = environment.catalog.position(subscription.uid)?.id
    this.#hold.follow()
    this.#followTargets()
    this.#filtering.requireUsable()
  }

  /** The subscription or its state record changed. */
  update(subscription: Subscription, stream: Stream): void {
    const before = this.#subscription
    this.#subscription = subscription
    this.#stream = stream
    this.#targets.update(subscription)
    setConcurrency(this.#flow, subscription.delivery.concurrency)
    this.#rate.limit(subscription.delivery.rateLimit)
    this.#filtering.follow(subscription, stream)
    this.#ownership.applyToAll({ kind: 'policy', policy: this.#policy() })
    if (before.releasedAt !== subscription.releasedAt) this.#release()
    this.#hold.follow()
    this.#followTargets()
    this.#filtering.requireUsable()
    // Behind whatever may hold it: events that are judged are attempted in the same turn.
    this.#ownership.judgeAgain()
    this.#moveAsWanted()
    this.#dispatch()
  }

  tick(nowMs: number): void {
    this.#ownership.tick(nowMs)
    this.#retries.look(Date.now())
    this.#topics.tick(nowMs)
    this.#reportFiltered()
    this.#watch.tick(nowMs)
    this.#hold.change({ kind: 'tick' })
    if (isHolding(this.#flow.hold)) this.#followTargets()
    this.#dispatch()
  }

  report(): SubscriptionReport {
    return reportOf({
      ...{
        subscription: this.#subscription,
        hold: this.#flow.hold,
        targets: this.#targets,
        since: this.#hold.since,
        topicsReason: this.#topics.reason,
      },
      ...{ pairs: this.#ownership.ring.pairs, ends: this.#ownership.ends, isJoined: this.#ownership.isJoined },
      delivered: this.#delivered,
    })
  }

  /** What was attempted ends, what failed stays unfinished, what is finished is committed; then the group is left. */
  stop(): Promise<void> {
    this.#stopping ??= this.#drain()
    return this.#stopping
  }

  async #drain(): Promise<void> {
    const startedAtMs = performance.now()
    const limitMs = Math.min(this.#subscription.delivery.timeoutMs, longestDrainMs)
    this.#ownership.applyToAll({ kind: 'drain' })
    await waitFor(() => this.#flow.underWay === 0, startedAtMs + limitMs)
    const unanswered = this.#flow.underWay
    await waitFor(() => this.#ownership.isSettled, startedAtMs + longestDrainMs)
    this.#rate.close()
    await this.#ownership.stop()
    await this.#targets.close()
    this.#reportFiltered()
    const ms = Math.round(performance.now() - startedAtMs)
    this.#environment.telemetry.stopped(this.#subscription.name, { unanswered, ms })
  }

  #dispatch(): void {
    if (this.#stopping !== undefined || !this.#ownership.mayAttempt(performance.now())) return
    const { ring } = this.#ownership
    const give = (pair: Pair, input: Input) => takenBy(this.#ownership.apply(pair, input))
    if (isProbeDue(this.#flow.hold) && offerProbe(ring, (pair) => give(pair, { kind: 'probe' }))) {
      this.#followTargets()
    }
    const slots = sharedSlots(this.#flow, isStreamWaiting(ring), this.#rate.available())
    if (slots.slots > 0) offerRound(ring, slots, (pair, mine) => give(pair, { kind: 'offer', ...mine }))
    if (this.#rate.isLimited) this.#rate.want(Math.min(freeSlots(this.#flow), readyCount(ring)))
  }

  #perform(pair: Pair, effect: DeliveryEffect): void {
    const { telemetry } = this.#environment
    const { partition } = pair
    switch (effect.kind) {
      case 'attempt':
        this.#attempt(pair, effect)
        break
      case 'append-dead-letter':
        this.#appendDeadLetter(pair, effect)
        break
      case 'report-expired':
        telemetry.expired(this.#subscription.name, { partition, from: effect.from, to: effect.to })
        this.#journal.expired(pair, effect)
        break
      case 'report-offsets-lost':
        this.#hold.fail('offsets-lost', `partition ${partition}: ${effect.detail}`)
        break
      case 'report-waiting':
        telemetry.muchWaits(this.#subscription.name, { partition, waiting: effect.waiting, limit: effect.limit })
        break
      case 'recall':
        this.#journal.recalled(pair, effect)
        break
      case 'report-unreadable':
        telemetry.unreadable(this.#subscription.name, { partition, offset: effect.offset, detail: effect.detail })
        break
      default:
        effect satisfies never
    }
  }

  #attempt(pair: Pair, attempt: Attempt): void {
    startAttempt(this.#flow, attempt.of)
    this.#rate.spend()
    deliver(attempt.delivery, this.#context)
      .then((delivered) => this.#answered(pair, attempt, delivered))
      .catch(this.#environment.onBroken)
  }

  #answered(pair: Pair, { token, of, delivery }: Attempt, { outcome, last, turn }: Delivered): void {
    const { offset, timestampMs } = delivery
    endAttempt(this.#flow, { of, outcome: outcome.kind })
    if (last !== null && !(outcome.kind === 'target-waits' && outcome.own)) this.#targets.heed(last)
    if (outcome.kind !== 'delivered') this.#followTargets()
    const isCurrent = pair.token === token && pair.phase !== 'gone'
    this.#ownership.apply(pair, { kind: 'answered', token, offset, timestampMs, outcome })
    this.#journal.answered(pair, delivery, { outcome, turn, isCurrent })
    if (outcome.kind === 'delivered') this.#noteDelivered(delivery)
    this.#dispatch()
  }

  #noteDelivered(delivery: Delivery): void {
    this.#watch.succeeded()
    this.#delivered += 1
    const seconds = Math.max(0, Date.now() - delivery.timestampMs) / 1000
    this.#environment.telemetry.delivered(this.#ref(delivery), { attempts: delivery.attempts, seconds })
  }

  #appendDeadLetter(pair: Pair, burying: Burying): void {
    const { token, ref, delivery, cause, code, detail } = burying
    const { deadLetters, telemetry } = this.#environment
    const ending = { cause, code, detail }
    const facts = { subscription: this.#subscription, stream: this.#stream, delivery, ending, nowMs: Date.now() }
    const { attempts } = delivery
    const place = this.#ref(delivery)
    appendDeadLetter(deadLetters, deadLetterOf(facts), {
      isWanted: () => pair.phase !== 'gone' && pair.token === token,
      onDelay: (error) => telemetry.deadLetterDelayed(place, error),
    })
      .then((offset) => {
        if (offset === null) {
          this.#journal.notBuried(delivery)
          return
        }
        this.#journal.buried(pair, burying)
        this.#watch.buried(pair.partition, delivery.offset, burying)
        telemetry.deadLettered(place, { attempts, ...ending })
        this.#ownership.apply(pair, { kind: 'appended', token, ref, offset })
        this.#dispatch()
      })
      .catch(this.#environment.onBroken)
  }

  #reportFiltered(): void {
    const filtered = this.#filtering.takeFiltered()
    if (filtered !== null) this.#environment.telemetry.filtered(this.#subscription.name, filtered)
  }

  #moveAsWanted(): void {
    const id = this.#environment.catalog.position(this.#subscription.uid)?.id
    if (id === this.#positionId) return
    this.#positionId = id
    this.#ownership.reload()
  }

  /** An operator ended the holds: what is still down will show it again. */
  #release(): void {
    this.#targets.release()
    this.#followTargets()
  }

  #followTargets(): void {
    this.#hold.followTargets(this.#targets.standing())
  }

  #newPair(partition: number): Pair {
    const pair = createPair({ topic: this.#stream.topic, partition }, this.#policy())
    if (isHolding(this.#flow.hold)) step(pair, { kind: 'hold' }, performance.now())
    return pair
  }

  #policy() {
    const { runnerCount } = this.#environment
    const bytes = inboxBytesFor(runnerCount() * this.#stream.partitions)
    return { ...pairPolicyOf(this.#subscription, this.#stream, bytes), judge: this.#filtering.judge }
  }

  #createContext(): PipelineContext {
    const { catalog, telemetry, onBroken } = this.#environment
    return {
      subscription: () => this.#subscription,
      stream: () => this.#stream,
      secrets: () => catalog.signingSecrets(this.#subscription.uid),
      targets: this.#targets,
      maySendAgain: () => this.#stopping === undefined && this.#ownership.mayAttempt(performance.now()),
      sendsMore: () => this.#rate.spend(),
      onBroken,
      compared: (delivery, comparison, other) => {
        telemetry.compared(this.#ref(delivery), comparison)
        if (comparison.kind === 'mismatch' && other !== null) {
          this.#watch.mismatched(this.#ref(delivery), comparison, other.target.url)
        }
        if (other !== null) this.#targets.heed(other)
      },
      attemptFailed: (delivery, { number, url }, { kind, code, detail }) =>
        telemetry.attemptFailed(this.#ref(delivery), { attempt: number, target: url, outcome: kind, code, detail }),
    }
  }

  #ref({ record, offset }: Delivery) {
    const { name, uid } = this.#subscription
    return { subscription: name, uid, topic: this.#stream.topic, partition: record?.partition ?? 0, offset }
  }
}

/** Looks every 10 ms until it is so, or too late. */
async function waitFor(isSo: () => boolean, untilMs: number): Promise<void> {
  while (!isSo() && performance.now() < untilMs) await sleep(drainLookMs)
}

function takenBy(effects: readonly Effect[]): Taken {
  const started = effects.filter((effect) => effect.kind === 'attempt')
  return { all: started.length, ofRetry: started.filter(({ of }) => of === 'retry').length }
}

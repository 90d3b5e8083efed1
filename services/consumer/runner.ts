import type { Stream, Subscription } from '#shared/catalog/model.ts'
import type { SubscriptionReport } from '#shared/redis/instances.ts'
import { bury } from './burying.ts'
import { Chronicle } from './chronicle.ts'
import { Comparing } from './comparing.ts'
import { attemptsEnded } from './draining.ts'
import type { RunnerEnvironment } from './environment.ts'
import { Filtering } from './filtering.ts'
import { HoldControl } from './hold-control.ts'
import { openTargets } from './open-targets.ts'
import { Ownership } from './ownership.ts'
import type { DeliveryEffect, Effect } from './pair/effects.ts'
import { endAttempt, type Flow, freeSlots, openFlow, setConcurrency, sharedSlots, startAttempt } from './pair/flow.ts'
import { isHolding, isProbeDue } from './pair/hold.ts'
import type { Input } from './pair/inputs.ts'
import { createPair, type Pair } from './pair/states.ts'
import { step } from './pair/step.ts'
import { isStreamWaiting, offerProbe, offerRound, readyCount, takenBy } from './pair-ring.ts'
import { PairTopics } from './pair-topics.ts'
import { type Delivered, deliver, type PipelineContext } from './pipeline.ts'
import { pairPolicyOf, pairShare } from './policy.ts'
import { RateGate } from './rate-gate.ts'
import { reportOf } from './report.ts'
import { createRetryRequests, type RetryRequests } from './retry-requests.ts'
import { standingOf } from './standing.ts'
import type { Targets } from './targets.ts'

type RunnerOptions = { environment: RunnerEnvironment; subscription: Subscription; stream: Stream }

type Attempt = Extract<Effect, { kind: 'attempt' }>
type Burying = Extract<Effect, { kind: 'append-dead-letter' }>

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
  readonly #chronicle: Chronicle
  readonly #targets: Targets
  readonly #filtering: Filtering
  #subscription: Subscription
  #stream: Stream
  #stopping: Promise<void> | undefined
  /** Of the operator's position that the pairs know. */
  #positionId: string | undefined

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
      mayStart: () => this.#ownership.mayAttempt(performance.now()),
      isPaused: () => this.#flow.hold.paused !== null,
      onChange: () => {
        this.#followTargets()
        this.#dispatch()
      },
    })
    this.#filtering = new Filtering({
      onUnusable: (detail) => {
        if (this.#flow.hold.paused === null) this.#hold.fail('filter-unusable', detail)
      },
    })
    this.#chronicle = new Chronicle({
      ...{ environment, subscription: () => this.#subscription, stream: () => this.#stream },
      standing: () => standingOf(this.#ownership.ring.pairs, this.#ownership.ends),
      lastError: () => this.#targets.reports().find(({ lastError }) => lastError !== null)?.lastError ?? null,
      isSpeaker: () => this.#ownership.pairs.has(0),
    })
    this.#context = this.#createContext()
    this.#hold = new HoldControl({
      ...{ environment, flow: this.#flow, subscription: () => this.#subscription },
      onReason: (reason) => this.#chronicle.watch.reasonChanged(reason),
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
      onAppend: (pair, append) => this.#chronicle.journal.appends(pair, append),
      onSkipped: (pair, range) => this.#chronicle.journal.passedOver(pair, 'skipped', range),
      flushLog: () => this.#chronicle.journal.flush(),
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
    this.#chronicle.filtered(this.#filtering)
    this.#chronicle.watch.tick(nowMs)
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
      delivered: this.#chronicle.delivered,
    })
  }

  /** What was attempted ends, what failed stays unfinished, what is finished is committed; then the group is left. */
  stop(): Promise<void> {
    this.#stopping ??= this.#drain()
    return this.#stopping
  }

  async #drain(): Promise<void> {
    const startedAtMs = performance.now()
    this.#ownership.applyToAll({ kind: 'drain' })
    const unanswered = await attemptsEnded({
      timeoutMs: this.#subscription.delivery.timeoutMs,
      underWay: () => this.#flow.underWay,
      isSettled: () => this.#ownership.isSettled,
    })
    this.#rate.close()
    await this.#ownership.stop()
    await this.#targets.close()
    // What second targets came to, until now or by that.
    await this.#chronicle.journal.flush()
    this.#chronicle.filtered(this.#filtering)
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
    switch (effect.kind) {
      case 'attempt':
        this.#attempt(pair, effect)
        break
      case 'append-dead-letter':
        this.#bury(pair, effect)
        break
      case 'report-offsets-lost':
        this.#hold.fail('offsets-lost', `partition ${pair.partition}: ${effect.detail}`)
        break
      default:
        this.#chronicle.reported(pair, effect)
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
    this.#chronicle.answered(pair, delivery, { outcome, turn, isCurrent })
    this.#dispatch()
  }

  #bury(pair: Pair, burying: Burying): void {
    const { token, ref } = burying
    bury(pair, burying, {
      ...{ environment: this.#environment, chronicle: this.#chronicle },
      ...{ subscription: this.#subscription, stream: this.#stream },
      mayWrite: () => this.#ownership.mayAttempt(performance.now()),
    })
      .then((offset) => {
        if (offset === null) return
        this.#ownership.apply(pair, { kind: 'appended', token, ref, offset })
        this.#dispatch()
      })
      .catch(this.#environment.onBroken)
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
    const share = pairShare(runnerCount() * this.#stream.partitions)
    return { ...pairPolicyOf(this.#subscription, this.#stream, share), judge: this.#filtering.judge }
  }

  #createContext(): PipelineContext {
    const { catalog, onBroken } = this.#environment
    return {
      subscription: () => this.#subscription,
      stream: () => this.#stream,
      secrets: () => catalog.signingSecrets(this.#subscription.uid),
      targets: this.#targets,
      comparing: new Comparing({
        ...{ targets: this.#targets, onBroken },
        onCompared: (compared) => this.#chronicle.compared(compared),
      }),
      sendsMore: () => this.#rate.spend(),
      isStopping: () => this.#stopping !== undefined || this.#ownership.isHandingBack,
      attemptFailed: (...failed) => this.#chronicle.attemptFailed(...failed),
    }
  }
}

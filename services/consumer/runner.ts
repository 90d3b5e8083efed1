import { setTimeout as sleep } from 'node:timers/promises'
import type { Stream, Subscription } from '#shared/catalog/model.ts'
import type { SubscriptionReport } from '#shared/redis/instances.ts'
import type { BreakerState } from '#shared/resilience/breaker.ts'
import { deadLetterOf } from './dead-letter.ts'
import type { RunnerEnvironment } from './environment.ts'
import { Ownership } from './ownership.ts'
import type { Effect } from './pair/effects.ts'
import { changeHold, endAttempt, type Flow, freeSlots, type HoldChange, openFlow, setConcurrency } from './pair/flow.ts'
import { isHolding, isProbeDue, reasonOf } from './pair/hold.ts'
import type { Delivery } from './pair/key-queues.ts'
import { createPair, type Pair } from './pair/states.ts'
import { step } from './pair/step.ts'
import { offerProbe, offerRound } from './pair-ring.ts'
import { type Delivered, deliver, type PipelineContext } from './pipeline.ts'
import { inboxBytesFor, pairPolicyOf } from './policy.ts'
import { reportOf } from './report.ts'
import { appendDeadLetter } from './settle.ts'
import { openTarget, type Target } from './target.ts'

type RunnerOptions = { environment: RunnerEnvironment; subscription: Subscription; stream: Stream }

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
  readonly #context: PipelineContext
  readonly #appending = new Set<Promise<void>>()
  #subscription: Subscription
  #stream: Stream
  #target: Target
  #since = new Date().toISOString()
  #stopping: Promise<void> | undefined
  #isFailing = false
  #delivered = 0
  #deadLettered = 0

  constructor({ environment, subscription, stream }: RunnerOptions) {
    this.#environment = environment
    this.#subscription = subscription
    this.#stream = stream
    this.#flow = openFlow(subscription.delivery.concurrency)
    this.#target = this.#openTarget()
    this.#context = this.#createContext()
    this.#ownership = new Ownership({
      ...{ environment, subscription, stream },
      newPair: (partition) => this.#newPair(partition),
      perform: (pair, effect) => this.#perform(pair, effect),
      onWork: () => this.#dispatch(),
    })
    this.#pauseAsWanted()
  }

  /** The subscription or its state record changed. */
  update(subscription: Subscription, stream: Stream): void {
    const before = this.#subscription
    this.#subscription = subscription
    this.#stream = stream
    if (isOtherTarget(before, subscription)) this.#changeTarget()
    setConcurrency(this.#flow, subscription.delivery.concurrency)
    this.#ownership.applyToAll({ kind: 'policy', policy: this.#policy() })
    this.#pauseAsWanted()
    this.#dispatch()
  }

  tick(nowMs: number): void {
    this.#ownership.tick(nowMs)
    this.#change({ kind: 'tick' })
    this.#dispatch()
  }

  report(): SubscriptionReport {
    return reportOf({
      ...{ subscription: this.#subscription, hold: this.#flow.hold, target: this.#target, since: this.#since },
      ...{ pairs: this.#ownership.ring.pairs, ends: this.#ownership.ends, isJoined: this.#ownership.isJoined },
      ...{ delivered: this.#delivered, deadLettered: this.#deadLettered },
    })
  }

  /** What was attempted ends, what failed stays unfinished, what is finished is committed; then the group is left. */
  stop(): Promise<void> {
    this.#stopping ??= this.#drain()
    return this.#stopping
  }

  async #drain(): Promise<void> {
    const startedAtMs = performance.now()
    const untilMs = startedAtMs + Math.min(this.#subscription.delivery.timeoutMs, longestDrainMs)
    this.#ownership.applyToAll({ kind: 'drain' })
    while (this.#flow.underWay > 0 && performance.now() < untilMs) await sleep(drainLookMs)
    const unanswered = this.#flow.underWay
    await Promise.race([Promise.all(this.#appending), sleep(longestDrainMs, undefined, { ref: false })])
    await this.#ownership.stop()
    await this.#target.close()
    const ms = Math.round(performance.now() - startedAtMs)
    this.#environment.telemetry.stopped(this.#subscription.name, { unanswered, ms })
  }

  #dispatch(): void {
    const nowMs = performance.now()
    if (this.#stopping !== undefined || !this.#ownership.mayAttempt(nowMs)) return
    const { ring } = this.#ownership
    const start = (pair: Pair, effects: readonly Effect[]) => {
      for (const effect of effects) this.#perform(pair, effect)
    }
    if (isProbeDue(this.#flow.hold) && offerProbe(ring, start)) this.#change({ kind: 'probe' })
    const slots = freeSlots(this.#flow)
    if (slots > 0) offerRound(ring, slots, start)
  }

  #perform(pair: Pair, effect: Effect): void {
    switch (effect.kind) {
      case 'attempt':
        this.#attempt(pair, effect.delivery)
        break
      case 'append-dead-letter':
        this.#appendDeadLetter(pair, effect)
        break
      case 'report-expired':
        this.#noteExpired(pair.partition, effect)
        break
      case 'report-offsets-lost':
        this.#fail('offsets-lost', `partition ${pair.partition}: ${effect.detail}`)
        break
      case 'commit':
      case 'seek':
      case 'pause':
      case 'resume':
        break
      default:
        effect satisfies never
    }
  }

  #attempt(pair: Pair, delivery: Delivery): void {
    this.#flow.underWay += 1
    const token = pair.token ?? ''
    deliver(delivery, this.#context)
      .then((delivered) => this.#answered(pair, token, delivery, delivered))
      .catch(this.#environment.onBroken)
  }

  #answered(pair: Pair, token: string, delivery: Delivery, { outcome, isGone }: Delivered): void {
    const nowMs = performance.now()
    endAttempt(this.#flow, outcome.kind, nowMs)
    if (isGone) this.#fail('receiver-gone', `${this.#target.url} answered 410`)
    if (outcome.kind === 'target-waits' && !outcome.own) this.#change({ kind: 'wait', untilMs: nowMs + outcome.waitMs })
    this.#ownership.apply(pair, { kind: 'answered', token, offset: delivery.offset, outcome })
    if (outcome.kind === 'delivered') this.#noteDelivered(delivery)
    this.#dispatch()
  }

  #noteExpired(partition: number, { from, to }: { from: number; to: number }): void {
    this.#environment.telemetry.expired(this.#subscription.name, { partition, from, to })
  }

  #noteDelivered(delivery: Delivery): void {
    this.#delivered += 1
    const seconds = Math.max(0, Date.now() - delivery.record.timestampMs) / 1000
    this.#environment.telemetry.delivered(this.#ref(delivery), { attempts: delivery.attempts, seconds })
  }

  #appendDeadLetter(pair: Pair, { delivery, ...ending }: Extract<Effect, { kind: 'append-dead-letter' }>): void {
    const token = pair.token ?? ''
    const { deadLetters, telemetry } = this.#environment
    const facts = { subscription: this.#subscription, stream: this.#stream, delivery, ending, nowMs: Date.now() }
    const appended = appendDeadLetter(deadLetters, deadLetterOf(facts), {
      isWanted: () => pair.phase !== 'gone' && pair.token === token,
      onDelay: (error) => telemetry.deadLetterDelayed(this.#ref(delivery), error),
    })
      .then((isStored) => {
        if (!isStored) return
        this.#deadLettered += 1
        const { cause, code, detail } = ending
        telemetry.deadLettered(this.#ref(delivery), { attempts: delivery.attempts, cause, code, detail })
        this.#ownership.apply(pair, { kind: 'appended', token, offset: delivery.offset })
        this.#dispatch()
      })
      .catch(this.#environment.onBroken)
      .finally(() => this.#appending.delete(appended))
    this.#appending.add(appended)
  }

  /** An end that only an operator can undo; the other instances hear of it through the state record. */
  #fail(reason: string, detail: string): void {
    const { telemetry, states } = this.#environment
    const { uid, name } = this.#subscription
    if (this.#flow.hold.paused === reason) return
    telemetry.failed(name, { reason, detail })
    this.#change({ kind: 'pause', reason })
    this.#isFailing = true
    states
      .write(uid, { reason })
      .catch((error: unknown) => telemetry.stateNotWritten(uid, error))
      .finally(() => {
        this.#isFailing = false
      })
  }

  #pauseAsWanted(): void {
    // The state record does not say yet what this runner found out.
    if (this.#isFailing) return
    const { uid, paused } = this.#subscription
    const before = this.#flow.hold.paused
    const reason = paused ? 'operator' : this.#environment.states.reason(uid)
    if (before === reason) return
    this.#change({ kind: 'pause', reason })
    if (before === 'offsets-lost') this.#ownership.reload()
  }

  #change(change: HoldChange): void {
    const reasonBefore = reasonOf(this.#flow.hold)
    const result = changeHold(this.#flow, change, performance.now())
    if (reasonOf(this.#flow.hold) !== reasonBefore) this.#noteReason(reasonOf(this.#flow.hold))
    if (result === 'same') return
    this.#ownership.applyToAll({ kind: result === 'began' ? 'hold' : 'release' })
  }

  #noteReason(reason: string | null): void {
    this.#since = new Date().toISOString()
    if (reason === null) this.#environment.telemetry.holdEnded(this.#subscription.name)
    else this.#environment.telemetry.holdBegan(this.#subscription.name, reason)
  }

  /** Another URL or other time limits: a clean start, nothing known against it. */
  #changeTarget(): void {
    this.#target.retire()
    this.#target = this.#openTarget()
    this.#change({ kind: 'breaker', state: 'closed' })
  }

  #openTarget(): Target {
    const { egress, targetMetrics: metrics } = this.#environment
    const target: Target = openTarget({
      ...{ subscription: this.#subscription, egress, metrics },
      onBreaker: (state: BreakerState) => {
        if (this.#target !== target) return
        this.#change({ kind: 'breaker', state })
        this.#dispatch()
      },
    })
    return target
  }

  #newPair(partition: number): Pair {
    const pair = createPair(partition, this.#policy())
    if (isHolding(this.#flow.hold)) step(pair, { kind: 'hold' }, performance.now())
    return pair
  }

  #policy() {
    const { runnerCount } = this.#environment
    return pairPolicyOf(this.#subscription, inboxBytesFor(runnerCount() * this.#stream.partitions))
  }

  #createContext(): PipelineContext {
    const { catalog, telemetry } = this.#environment
    return {
      subscription: () => this.#subscription,
      stream: () => this.#stream,
      secrets: () => catalog.signingSecrets(this.#subscription.uid),
      target: () => this.#target,
      isStopping: () => this.#stopping !== undefined,
      lastSuccessAtMs: () => this.#flow.lastSuccessAtMs,
      attemptFailed: (delivery, attempt, { kind, code, detail }) =>
        telemetry.attemptFailed(this.#ref(delivery), { attempt, outcome: kind, code, detail }),
    }
  }

  #ref({ record: { topic, partition, offset } }: Delivery) {
    return { subscription: this.#subscription.name, uid: this.#subscription.uid, topic, partition, offset }
  }
}

function isOtherTarget(a: Subscription, b: Subscription): boolean {
  const of = ({ destination, delivery }: Subscription) =>
    JSON.stringify([destination, delivery.timeoutMs, delivery.connectTimeoutMs, delivery.concurrency])
  return of(a) !== of(b)
}

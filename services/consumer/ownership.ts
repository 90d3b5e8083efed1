import type { Stream, Subscription } from '#shared/catalog/model.ts'
import { type Assignment, type GroupKeeper, keepGroup, type RecordBatch } from '#shared/kafka/group-keeper.ts'
import { CommitClock } from './commit-clock.ts'
import { Commits } from './commits.ts'
import { attemptsEnded } from './draining.ts'
import type { RunnerEnvironment } from './environment.ts'
import { type Hands, perform } from './hands.ts'
import { Intake } from './intake.ts'
import type { Range } from './load.ts'
import { Loading } from './loading.ts'
import { LogStarts } from './log-starts.ts'
import { OwnedPairs } from './owned-pairs.ts'
import type { DeliveryEffect, Effect, Half } from './pair/effects.ts'
import type { Input } from './pair/inputs.ts'
import { isWorking, type Pair } from './pair/states.ts'
import { step } from './pair/step.ts'
import { isSettled, nextDueMs } from './pair/view.ts'
import type { PairRing } from './pair-ring.ts'
import { RetryLanes } from './retry-lanes.ts'
import { isStillMember } from './still-member.ts'
import { newToken } from './tokens.ts'

export type OwnershipOptions = {
  environment: RunnerEnvironment
  subscription: Pick<Subscription, 'uid' | 'name' | 'group' | 'startOffsets' | 'retryTopic'>
  stream: Pick<Stream, 'topic'>
  newPair(partition: number): Pair
  perform(pair: Pair, effect: DeliveryEffect): void
  /** A record of the pair goes to its retry partition. */
  onAppend(pair: Pair, append: Extract<Effect, { kind: 'append' }>): void
  /** An operator moved the subscription over what it had not delivered. */
  onSkipped(pair: Pair, range: Range): void
  /** Writes down what was attempted so far; see `SubscriptionLog.flush`. */
  flushLog(): Promise<void> | null
  /** Something may be ready to be attempted. */
  onWork(): void
  /** Each record is looked at by a filter, which takes its time. */
  isFiltering(): boolean
}

/**
 * What this instance owns of one subscription: the group membership, and what its pairs ask of Kafka.
 *
 *   away     no epoch: before the first join and between revocation and join; pairs keep their state
 *   owning   pairs load and run, and commit by the clock (`commit-clock.ts`), whenever they ask for it themselves, and in
 *            the last moment, when the epoch is revoked; these go out at once
 *   stopped  after the last commit
 */
export class Ownership {
  readonly #owned = new OwnedPairs()
  readonly #options: OwnershipOptions
  readonly #topics: Record<Half, string>
  readonly #keeper: GroupKeeper
  readonly #commits: Commits
  readonly #loading: Loading
  readonly #logStarts: LogStarts
  readonly #intake: Intake
  readonly #clock: CommitClock
  readonly #lanes: RetryLanes
  readonly #hands: Hands
  #epoch: number | null = null
  #isHandingBack = false

  constructor(options: OwnershipOptions) {
    this.#options = options
    const { environment, subscription, stream } = options
    const { connection, sessionTimeoutMs, metrics, telemetry, onBroken } = environment
    this.#topics = { stream: stream.topic, retry: subscription.retryTopic }
    this.#keeper = keepGroup({
      ...{ connection, sessionTimeoutMs, metrics, onBroken },
      groupId: subscription.group,
      topics: [stream.topic, subscription.retryTopic],
      mayRest: true,
      onAssigned: (assignment) => this.#guarded(() => this.#assigned(assignment)),
      onHandBack: () => this.#handBack(),
      onRevoking: () => this.#guarded(() => this.#revoking()),
      onHeartbeat: () => this.#guarded(() => this.#heartbeat()),
      onBatch: (batch) => this.#guarded(() => this.#batch(batch)),
    })
    this.#commits = new Commits({
      topics: this.#topics,
      send: (epoch, entries) => this.#keeper.commit(epoch, entries),
      onAnswer: (pair, input) => this.#guarded(() => this.apply(pair, input)),
      onResult: telemetry.committed,
    })
    this.#clock = new CommitClock({
      ...{ commits: this.#commits, flushLog: options.flushLog, runnerCount: environment.runnerCount },
      epoch: () => this.#epoch,
      hasPairs: () => this.ring.pairs.length > 0,
      noteAll: (forced) => this.#noteAll(forced),
      sendNoted: () => this.#guarded(() => this.#sendNoted()),
    })
    this.#lanes = new RetryLanes({
      ...{ environment, name: subscription.name, topic: subscription.retryTopic, onProgress: options.onWork },
      answer: (partition, input) => this.#answered(partition, input),
    })
    this.#logStarts = new LogStarts({
      ...{ admin: environment.admin, topics: this.#topics, pairs: this.pairs },
      apply: (pair, input) => this.#guarded(() => this.apply(pair, input)),
    })
    this.#intake = new Intake({
      pairs: () => this.ring.pairs,
      apply: (pair, input) => this.#guarded(() => void this.apply(pair, input)),
      onSlice: () => this.#guarded(options.onWork),
      onFull: ({ partition }) => this.#keeper.pause(this.#topics.stream, [partition]),
      onFree: (pair) => this.#resumeStream(pair),
      onBroken,
    })
    this.#loading = new Loading({
      ...{ environment, subscription, keeper: this.#keeper, topics: this.#topics },
      commitsAnswered: () => this.#commits.answered,
      epoch: () => this.#epoch,
      onLoaded: (pair, input) => this.#guarded(() => this.#loaded(pair, input)),
      onSkipped: options.onSkipped,
    })
    this.#hands = {
      ...{ topics: this.#topics, keeper: this.#keeper, commits: this.#commits, loading: this.#loading },
      ...{ logStarts: this.#logStarts, lanes: this.#lanes, acks: environment.acks },
      resumeStream: (pair) => this.#resumeStream(pair),
      onAppend: options.onAppend,
      others: options.perform,
    }
  }

  /** False while it is doubtful whether the pairs are still ours. */
  mayAttempt(nowMs: number): boolean {
    const { pulse, sessionTimeoutMs } = this.#options.environment
    return isStillMember({ heartbeatAgeMs: this.#keeper.lastHeartbeatAgeMs(), sessionTimeoutMs, pulse, nowMs })
  }

  get pairs(): ReadonlyMap<number, Pair> {
    return this.#owned.byPartition
  }

  get ring(): PairRing {
    return this.#owned.ring
  }

  get ends(): ReadonlyMap<number, number> {
    return this.#owned.ends
  }

  /** A rejoin is about to begin: nothing new is started. */
  get isHandingBack(): boolean {
    return this.#isHandingBack
  }

  /** A member of the group, with partitions or without. */
  get isJoined(): boolean {
    return this.#epoch !== null
  }

  /** Does what the pair asks for, and says what that was. */
  apply(pair: Pair, input: Input): readonly Effect[] {
    const effects = step(pair, input, performance.now())
    this.#perform(pair, effects)
    this.#sendNoted()
    return effects
  }

  applyToAll(input: Input): void {
    for (const pair of this.ring.pairs) this.#perform(pair, step(pair, input, performance.now()))
    this.#sendNoted()
  }

  /** What the pairs took in under another filter is judged by the one of now. */
  judgeAgain(): void {
    this.#intake.wake()
  }

  /** Called by the pulse. */
  tick(nowMs: number): void {
    for (const pair of this.ring.pairs) if (nextDueMs(pair) <= nowMs) this.apply(pair, { kind: 'tick' })
    this.#intake.wake()
    this.#clock.tick(nowMs)
    this.#logStarts.tick(nowMs)
  }

  /** Begins a new epoch of every pair: the committed state is read again, and an operator's position counts. */
  reload(): void {
    const { environment, subscription } = this.#options
    const token = newToken(environment.catalog.position(subscription.uid)?.id)
    this.applyToAll({ kind: 'joined', token })
  }

  /** No pair has an append under way. */
  get isSettled(): boolean {
    return this.ring.pairs.every(isSettled)
  }

  /** The last commit, awaited; then the group is left. */
  async stop(): Promise<void> {
    this.#intake.stop()
    await this.#clock.last()
    this.applyToAll({ kind: 'lost' })
    this.#epoch = null
    await this.#keeper.stop()
  }

  #assigned({ epoch, partitions }: Assignment): void {
    const { environment, subscription, newPair } = this.#options
    environment.telemetry.assigned(subscription.name, { epoch, partitions })
    // What waits was noted under the ownership before, and must not go out under this one.
    if (this.#commits.isAnyNoted) this.#send(null)
    this.#epoch = epoch
    this.#owned.assign(partitions, { create: newPair, lose: (pair) => this.apply(pair, { kind: 'lost' }) })
    this.reload()
  }

  #loaded(pair: Pair, input: Extract<Input, { kind: 'assigned' }>): void {
    const { ends } = this.#owned
    ends.set(pair.partition, Math.max(input.log.high, ends.get(pair.partition) ?? 0))
    this.apply(pair, input)
  }

  /** What was attempted is answered and on record before anybody else may begin it; whatever takes too long is left. */
  async #handBack(): Promise<void> {
    this.#isHandingBack = true
    this.#guarded(() => this.applyToAll({ kind: 'yield' }))
    await attemptsEnded({
      timeoutMs: Number.POSITIVE_INFINITY,
      underWay: () => (this.#isHandingBack ? this.#owned.attempting : 0),
      isSettled: () => !this.#isHandingBack || this.isSettled,
    })
  }

  #revoking(): void {
    this.#isHandingBack = false
    this.#commits.release()
    this.applyToAll({ kind: 'revoked' })
    this.#intake.clear()
    this.#epoch = null
  }

  #heartbeat(): void {
    for (const pair of this.ring.pairs) if (pair.phase === 'fenced') this.apply(pair, { kind: 'heartbeat' })
  }

  #batch({ epoch, topic, partition, fetchedFrom, records, highWatermark }: RecordBatch): void {
    const pair = this.pairs.get(partition)
    if (epoch !== this.#epoch || pair === undefined) return
    const of = topic === this.#topics.stream ? 'stream' : 'retry'
    if (of === 'stream') this.#owned.ends.set(partition, highWatermark)
    const input = { kind: 'records', of, fetchedFrom, records } as const
    if (of === 'stream' && (this.#options.isFiltering() || this.#intake.holds(pair))) {
      this.#intake.take(pair, input)
      return
    }
    this.apply(pair, input)
    this.#options.onWork()
  }

  #noteAll(forced: boolean): void {
    for (const pair of this.ring.pairs)
      this.#perform(pair, step(pair, { kind: 'commit-due', forced }, performance.now()))
  }

  /** What the pairs asked for together goes out together. Asked after every input, so it costs nothing when that is nothing. */
  #sendNoted(): void {
    if (this.#commits.isAnyReady) this.#send(this.#epoch)
    this.#loading.start()
  }

  #send(epoch: number | null): void {
    this.#commits.send(epoch).catch(this.#options.environment.onBroken)
  }

  #perform(pair: Pair, effects: readonly Effect[]): void {
    for (const effect of effects) perform(pair, effect, this.#hands)
  }

  /** Both the pair and the intake have room for more. */
  #resumeStream(pair: Pair): void {
    const hasRoom = isWorking(pair) && !pair.table.full && !this.#intake.holds(pair)
    if (hasRoom) this.#keeper.resume(this.#topics.stream, [pair.partition])
  }

  #answered(partition: number, input: Input): void {
    const pair = this.pairs.get(partition)
    if (pair !== undefined) this.#guarded(() => this.apply(pair, input))
  }

  /** What throws in here is a bug of ours: better to end, and let another instance take over, than to go on wrongly. */
  #guarded(act: () => void): void {
    try {
      act()
    } catch (error) {
      this.#options.environment.onBroken(error)
    }
  }
}

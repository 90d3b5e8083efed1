import { setTimeout as sleep } from 'node:timers/promises'
import type { Stream, Subscription } from '#shared/catalog/model.ts'
import { type Assignment, type GroupKeeper, keepGroup, type RecordBatch } from '#shared/kafka/group-keeper.ts'
import { Commits } from './commits.ts'
import type { RunnerEnvironment } from './environment.ts'
import { Intake } from './intake.ts'
import { Loading } from './loading.ts'
import { LogStarts } from './log-starts.ts'
import type { Effect, Half } from './pair/effects.ts'
import type { Input } from './pair/inputs.ts'
import { isWorking, type Pair } from './pair/states.ts'
import { step } from './pair/step.ts'
import { isSettled, nextDueMs } from './pair/view.ts'
import type { PairRing } from './pair-ring.ts'
import { RetryLane } from './retry-lane.ts'
import { isStillMember } from './still-member.ts'
import { newToken } from './tokens.ts'

/** What a pair asks of its runner; the rest is done here. */
export type DeliveryEffect = Extract<
  Effect,
  {
    kind:
      | 'attempt'
      | 'append-dead-letter'
      | 'report-expired'
      | 'report-offsets-lost'
      | 'report-waiting'
      | 'report-unreadable'
      | 'recall'
  }
>

export type OwnershipOptions = {
  environment: RunnerEnvironment
  subscription: Pick<Subscription, 'uid' | 'name' | 'group' | 'startOffsets' | 'retryTopic'>
  stream: Pick<Stream, 'topic'>
  newPair(partition: number): Pair
  perform(pair: Pair, effect: DeliveryEffect): void
  /** A record of the pair goes to its retry partition. */
  onAppend(pair: Pair, append: Extract<Effect, { kind: 'append' }>): void
  /** Writes down what was attempted so far; see `SubscriptionLog.flush`. */
  flushLog(): Promise<void> | null
  /** Something may be ready to be attempted. */
  onWork(): void
  /** Each record is looked at by a filter, which takes its time. */
  isFiltering(): boolean
}

const lookAgainMs = 50
const commitEveryMs = 200
/** Each runner's commit is an append at the coordinator: 20 ms each keeps 100 runners at 50 a second. */
const commitShareMs = 20
const forceCommitEveryMs = 5_000
const lastCommitMs = 5_000

/**
 * What this instance owns of one subscription: the group membership, and what its pairs ask of Kafka.
 *
 *   away     no epoch: before the first join and between revocation and join; pairs keep their state
 *   owning   pairs load and run; commits every 200 ms when something changed, every 5 s regardless (another member's late
 *            commit may have overwritten ours), and once more, in the last moment, when the epoch is revoked. A commit of
 *            the clock waits until the attempts behind it are on record, at most 2 s; any other one goes out at once
 *   stopped  after the last commit
 */
export class Ownership {
  readonly pairs = new Map<number, Pair>()
  readonly ring: PairRing = { pairs: [], at: 0 }
  /** End of the stream's log per partition, as the last fetch told. */
  readonly ends = new Map<number, number>()
  readonly #options: OwnershipOptions
  readonly #topics: Record<Half, string>
  readonly #keeper: GroupKeeper
  readonly #commits: Commits
  readonly #loading: Loading
  readonly #logStarts: LogStarts
  readonly #intake: Intake
  readonly #lanes = new Map<number, RetryLane>()
  #epoch: number | null = null
  #commitAtMs = 0
  #forceAtMs = 0

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
      epoch: () => this.#epoch,
      onLoaded: (pair, input) => this.#guarded(() => this.#loaded(pair, input)),
    })
  }

  /** False while it is doubtful whether the pairs are still ours. */
  mayAttempt(nowMs: number): boolean {
    const { pulse, sessionTimeoutMs } = this.#options.environment
    return isStillMember({ heartbeatAgeMs: this.#keeper.lastHeartbeatAgeMs(), sessionTimeoutMs, pulse, nowMs })
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
    if (nowMs >= this.#commitAtMs && !this.#commits.isUnderWay) this.#commitDue(nowMs)
    this.#logStarts.tick(nowMs)
  }

  /** Begins a new epoch of every pair: the committed state is read again, and an operator's position counts. */
  reload(): void {
    const token = newToken(this.#positionId())
    this.applyToAll({ kind: 'joined', token })
  }

  /** No pair has an append under way. */
  get isSettled(): boolean {
    return this.ring.pairs.every(isSettled)
  }

  /** The last commit, awaited; then the group is left. */
  async stop(): Promise<void> {
    this.#intake.stop()
    await this.#options.flushLog()
    const untilMs = performance.now() + lastCommitMs
    while (this.ring.pairs.length > 0 && performance.now() < untilMs) {
      this.#noteAll(true)
      // Between two ownerships nothing can be committed: the next one is a moment away.
      if ((await this.#commits.send(this.#epoch)) === 'committed') break
      await sleep(lookAgainMs)
    }
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
    for (const [partition, pair] of this.pairs) {
      if (partitions.includes(partition)) continue
      this.apply(pair, { kind: 'lost' })
      this.pairs.delete(partition)
    }
    for (const partition of partitions) {
      if ((this.pairs.get(partition)?.phase ?? 'gone') === 'gone') this.pairs.set(partition, newPair(partition))
    }
    this.ring.pairs = [...this.pairs.values()]
    this.reload()
  }

  #loaded(pair: Pair, input: Extract<Input, { kind: 'assigned' }>): void {
    const end = Math.max(input.log.high, this.ends.get(pair.partition) ?? 0)
    this.ends.set(pair.partition, end)
    this.apply(pair, input)
  }

  #revoking(): void {
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
    if (of === 'stream') this.ends.set(partition, highWatermark)
    const input = { kind: 'records', of, fetchedFrom, records } as const
    if (of === 'stream' && (this.#options.isFiltering() || this.#intake.holds(pair))) {
      this.#intake.take(pair, input)
      return
    }
    this.apply(pair, input)
    this.#options.onWork()
  }

  #commitDue(nowMs: number): void {
    const runners = this.#options.environment.runnerCount()
    this.#commitAtMs = nowMs + Math.max(commitEveryMs, commitShareMs * runners)
    const forced = nowMs >= this.#forceAtMs
    if (forced) this.#forceAtMs = nowMs + forceCommitEveryMs
    this.#noteAll(forced)
    // What these commits rest on was noted in the log before: once that is stored, so is their evidence.
    this.#commits.holdBack(this.#options.flushLog(), () => this.#guarded(() => this.#sendNoted()))
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
    for (const effect of effects) this.#performOne(pair, effect)
  }

  #performOne(pair: Pair, effect: Effect): void {
    const { partition } = pair
    switch (effect.kind) {
      case 'pause':
        this.#keeper.pause(this.#topics[effect.of], [partition])
        break
      case 'resume':
        if (effect.of === 'stream') this.#resumeStream(pair)
        else this.#keeper.resume(this.#topics.retry, [partition])
        break
      case 'seek':
        this.#keeper.seek(this.#topics[effect.of], partition, effect.offset)
        break
      case 'load':
        this.#loading.want(pair, effect.token)
        break
      case 'check-log-start':
        void this.#logStarts.look(effect.of, pair)
        break
      case 'commit':
        this.#commits.note(pair, effect)
        break
      case 'append':
        this.#laneOf(partition).append(effect)
        this.#options.onAppend(pair, effect)
        break
      case 'delivered':
        this.#options.environment.acks.note(effect.token, partition, effect.offset)
        break
      case 'drop-appends':
        this.#laneOf(partition).drop(effect.token)
        break
      case 'trim':
        this.#trim(partition, effect.offset)
        break
      default:
        this.#options.perform(pair, effect)
    }
  }

  /** Both the pair and the intake have room for more. */
  #resumeStream(pair: Pair): void {
    const hasRoom = isWorking(pair) && !pair.table.full && !this.#intake.holds(pair)
    if (hasRoom) this.#keeper.resume(this.#topics.stream, [pair.partition])
  }

  #laneOf(partition: number): RetryLane {
    const known = this.#lanes.get(partition)
    if (known !== undefined) return known
    const { environment, subscription, onWork } = this.#options
    const answer = (input: Input) => {
      const pair = this.pairs.get(partition)
      if (pair !== undefined) this.#guarded(() => this.apply(pair, input))
    }
    const lane = new RetryLane({
      ...{ lanes: environment.lanes, topic: this.#topics.retry, partition },
      onAppended: ({ token, ref }, offset) => answer({ kind: 'appended', token, ref, offset }),
      onRefused: ({ token, ref }, detail) => answer({ kind: 'append-refused', token, ref, detail }),
      onDelay: (error) => environment.telemetry.retryAppendDelayed(subscription.name, error),
      onProgress: onWork,
    })
    this.#lanes.set(partition, lane)
    return lane
  }

  /** What is not trimmed now is trimmed by a later commit. */
  #trim(partition: number, offset: number): void {
    const { admin } = this.#options.environment
    admin.deleteRecords(this.#topics.retry, partition, offset).catch(() => undefined)
  }

  #positionId(): string | undefined {
    const { environment, subscription } = this.#options
    return environment.catalog.position(subscription.uid)?.id
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

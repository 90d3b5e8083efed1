import { randomBytes } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Stream, Subscription } from '#shared/catalog/model.ts'
import { type Assignment, type GroupKeeper, keepGroup, type RecordBatch } from '#shared/kafka/group-keeper.ts'
import type { RunnerEnvironment } from './environment.ts'
import { loadState } from './load.ts'
import type { Effect } from './pair/effects.ts'
import type { Input } from './pair/inputs.ts'
import type { Pair } from './pair/states.ts'
import { step } from './pair/step.ts'
import type { PairRing } from './pair-ring.ts'
import { commitPairs } from './settle.ts'

export type OwnershipOptions = {
  environment: RunnerEnvironment
  subscription: Pick<Subscription, 'uid' | 'name' | 'group' | 'startOffsets'>
  stream: Pick<Stream, 'topic'>
  newPair(partition: number): Pair
  /** Does what a pair asks for; pause, resume and seek are done here. */
  perform(pair: Pair, effect: Effect): void
  /** Pairs have begun to run, or records have come. */
  onWork(): void
}

const loadAgainMs = 250
const lookAgainMs = 50
const commitEveryMs = 200
/** Each runner's commit is an append at the coordinator: 20 ms each keeps 100 runners at 50 a second. */
const commitShareMs = 20
const forceCommitEveryMs = 5_000
const logStartEveryMs = 60_000
const lastCommitMs = 5_000

/**
 * What this instance owns of one subscription.
 *
 *   away      no epoch: before the first join and between revocation and join; pairs keep their state
 *   loading   an epoch; the committed state is being read; pairs are `loading`
 *   owning    pairs run; commits every 200 ms when something changed, every 5 s regardless (another member's late commit
 *             may have overwritten ours), and once more, in the last moment, when the epoch is revoked
 *   stopped   after the last commit
 */
export class Ownership {
  readonly pairs = new Map<number, Pair>()
  readonly ring: PairRing = { pairs: [], at: 0 }
  /** End of the log per partition, as the last fetch told. */
  readonly ends = new Map<number, number>()
  readonly #options: OwnershipOptions
  readonly #keeper: GroupKeeper
  #epoch: number | null = null
  #isCommitting = false
  #commitAtMs = 0
  #forceAtMs = 0
  #logStartAtMs = performance.now() + logStartEveryMs

  constructor(options: OwnershipOptions) {
    this.#options = options
    const { environment, subscription, stream } = options
    this.#keeper = keepGroup({
      connection: environment.connection,
      groupId: subscription.group,
      topics: [stream.topic],
      sessionTimeoutMs: environment.sessionTimeoutMs,
      metrics: environment.metrics,
      onAssigned: (assignment) => this.#guarded(() => this.#assigned(assignment)),
      onRevoking: () => this.#guarded(() => this.#revoking()),
      onBatch: (batch) => this.#guarded(() => this.#batch(batch)),
      onBroken: environment.onBroken,
    })
  }

  /** False while it is doubtful whether the pairs are still ours. */
  mayAttempt(nowMs: number): boolean {
    const { pulse, sessionTimeoutMs } = this.#options.environment
    const heartbeatAgeMs = this.#keeper.lastHeartbeatAgeMs()
    return heartbeatAgeMs < 0.8 * sessionTimeoutMs && pulse.stalledAtMs(nowMs) <= nowMs - heartbeatAgeMs
  }

  /** A member of the group, with partitions or without. */
  get isJoined(): boolean {
    return this.#epoch !== null
  }

  apply(pair: Pair, input: Input): void {
    for (const effect of step(pair, input, performance.now())) this.#perform(pair, effect)
  }

  applyToAll(input: Input): void {
    for (const pair of this.ring.pairs) this.apply(pair, input)
  }

  /** Called by the pulse. */
  tick(nowMs: number): void {
    for (const pair of this.ring.pairs) if (pair.queues.waiting.length > 0) step(pair, { kind: 'tick' }, nowMs)
    if (nowMs >= this.#commitAtMs && !this.#isCommitting) void this.#commit(nowMs)
    if (nowMs >= this.#logStartAtMs) void this.#compareLogStart(nowMs)
  }

  /** Reads the committed state again for pairs that had to stop. */
  reload(): void {
    if (this.#epoch === null) return
    for (const pair of this.ring.pairs) if (pair.phase === 'gone') this.#replace(pair.partition)
    void this.#load(this.#epoch)
  }

  /** The last commit, awaited; then the group is left. */
  async stop(): Promise<void> {
    const untilMs = performance.now() + lastCommitMs
    while (this.ring.pairs.length > 0 && performance.now() < untilMs) {
      // Between two ownerships nothing can be committed: the next one is a moment away.
      const result = this.#epoch === null ? 'failed' : await this.#send(this.#epoch, true)
      if (result !== 'failed') break
      await sleep(lookAgainMs)
    }
    this.applyToAll({ kind: 'lost' })
    this.#epoch = null
    await this.#keeper.stop()
  }

  #assigned({ epoch, partitions }: Assignment): void {
    const { environment, subscription } = this.#options
    environment.telemetry.assigned(subscription.name, { epoch, partitions })
    this.#epoch = epoch
    for (const [partition, pair] of this.pairs) {
      if (partitions.includes(partition)) continue
      this.apply(pair, { kind: 'lost' })
      this.pairs.delete(partition)
    }
    for (const partition of partitions) this.#replace(partition)
    this.ring.pairs = [...this.pairs.values()]
    void this.#load(epoch)
  }

  /** A pair that was ours until now keeps what it knows; loading decides whether that still counts. */
  #replace(partition: number): void {
    const known = this.pairs.get(partition)
    if (known !== undefined && known.phase !== 'gone') return
    this.pairs.set(partition, this.#options.newPair(partition))
    this.ring.pairs = [...this.pairs.values()]
  }

  async #load(epoch: number): Promise<void> {
    const { environment, subscription, stream } = this.#options
    const { states, admin, telemetry } = environment
    const startedAtMs = performance.now()
    while (epoch === this.#epoch) {
      try {
        const loaded = await loadState({
          ...{ keeper: this.#keeper, admin, topic: stream.topic, epoch, startOffsets: subscription.startOffsets },
          isStarted: () => states.isStarted(subscription.uid),
          markStarted: () => states.write(subscription.uid, { startedAt: new Date().toISOString() }),
        })
        if (loaded === null || epoch !== this.#epoch) return
        this.#guarded(() => this.#begin(loaded))
        telemetry.running(subscription.name, { epoch, ms: Math.round(performance.now() - startedAtMs) })
        return
      } catch (error) {
        telemetry.loadFailed(subscription.name, error)
        await sleep(loadAgainMs)
      }
    }
  }

  #begin(loaded: NonNullable<Awaited<ReturnType<typeof loadState>>>): void {
    for (const pair of this.ring.pairs) {
      const state = loaded.get(pair.partition)
      if (state === undefined) continue
      this.ends.set(pair.partition, Math.max(state.log.high, this.ends.get(pair.partition) ?? 0))
      this.apply(pair, { kind: 'assigned', token: randomBytes(9).toString('base64url'), ...state })
    }
    this.#commitAtMs = 0
    this.#options.onWork()
  }

  #revoking(): void {
    const epoch = this.#epoch
    if (epoch !== null) void this.#send(epoch, false)
    this.#epoch = null
    this.applyToAll({ kind: 'revoked' })
  }

  #batch({ epoch, partition, records, highWatermark }: RecordBatch): void {
    const pair = this.pairs.get(partition)
    if (epoch !== this.#epoch || pair === undefined) return
    this.ends.set(partition, highWatermark)
    this.apply(pair, { kind: 'records', records })
    this.#options.onWork()
  }

  async #commit(nowMs: number): Promise<void> {
    if (this.#epoch === null) return
    const runners = this.#options.environment.runnerCount()
    this.#commitAtMs = nowMs + Math.max(commitEveryMs, commitShareMs * runners)
    const forced = nowMs >= this.#forceAtMs
    if (forced) this.#forceAtMs = nowMs + forceCommitEveryMs
    this.#isCommitting = true
    await this.#send(this.#epoch, forced)
    this.#isCommitting = false
  }

  async #send(epoch: number, forced: boolean) {
    const { environment, stream } = this.#options
    const pairs = this.ring.pairs
    const done = await commitPairs({ keeper: this.#keeper, topic: stream.topic, epoch, pairs, forced })
    if (done !== null) environment.telemetry.committed(done.result, done.truncated)
    return done?.result ?? 'committed'
  }

  /** Retention may pass a position that waits in a long hold or pause. */
  async #compareLogStart(nowMs: number): Promise<void> {
    this.#logStartAtMs = nowMs + logStartEveryMs
    const { environment, stream } = this.#options
    const bounds = await environment.admin.offsets(stream.topic).catch(() => [])
    for (const { partition, low } of bounds) {
      const pair = this.pairs.get(partition)
      if (pair !== undefined) this.#guarded(() => this.apply(pair, { kind: 'log-start', offset: low }))
    }
  }

  #perform(pair: Pair, effect: Effect): void {
    const { topic } = this.#options.stream
    switch (effect.kind) {
      case 'pause':
        this.#keeper.pause(topic, [pair.partition])
        break
      case 'resume':
        this.#keeper.resume(topic, [pair.partition])
        break
      case 'seek':
        this.#keeper.seek(topic, pair.partition, effect.offset)
        break
      default:
        this.#options.perform(pair, effect)
    }
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

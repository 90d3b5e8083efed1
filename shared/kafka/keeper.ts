import { setTimeout as sleep } from 'node:timers/promises'
import { committedOffsets } from './admin.ts'
import { createAdminClient } from './admin-client.ts'
import { onFrozenBroker } from './broker-guard.ts'
import { type Coordination, coordinatorOf, findReadyCoordinator } from './coordinator.ts'
import { isFenced, isKafkaError, kafkaUnavailable } from './errors.ts'
import { evictOn } from './evict.ts'
import type { CommitEntry, CommittedEntry, GroupKeeper, GroupKeeperOptions } from './group-keeper.ts'
import { GroupMember, type MemberEvents } from './group-member.ts'
import { type GroupMetrics, groupMetricsOf } from './group-metrics.ts'
import { restingSlackMs } from './long-poll.ts'
import { SilenceWatch, type Vitals } from './silence.ts'
import type { OwnClaim } from './sticky-protocol.ts'

const lookEveryMs = 200
const searchPauseMs = 100
const firstPauseMs = 100
const longestPauseMs = 5_000
/** A membership that lasted so long makes the next loss a first one. */
const soundAfterMs = 10_000
/** Others wait for it, and the rebalance timeout is 5 s. */
const handBackMs = 2_000
/** About 80 s of memberships that end at once, while brokers answer. */
const attemptsLimit = 20

/**
 * The supervisor of one kafkajs consumer.
 *
 * - away: no membership. Looks for a living coordinator, leaves the group for own earlier members, starts a member;
 *   pauses 0.1 to 5 s (jittered) between attempts that come to nothing
 * - joining: a member runs without assignment: at the start, and while it joins anew
 * - joined: an assignment is held; its epoch is the current one. Ends in joining, away or stopped, each time with
 *   `onRevoking` first
 * - stopped: for good
 *
 * A crash, 3 s of silence (more where groups rest), a frozen coordinator or a position outside the log lead to away.
 */
export class Keeper implements GroupKeeper {
  readonly #options: GroupKeeperOptions
  readonly #metrics: GroupMetrics | undefined
  readonly #watch = new SilenceWatch(performance.now())
  readonly #timer: NodeJS.Timeout
  readonly #forgetFrozen: () => void
  #vitals: Vitals = { state: 'away' }
  #member: GroupMember | undefined
  #memberNumber = 0
  #memberId: string | null = null
  #epoch = 0
  #claim: OwnClaim = { owned: [], joinedAt: 0 }
  #coordinator: string | undefined
  #attempts = 0
  #joinedAt = 0
  #heartbeatAt = Number.NEGATIVE_INFINITY
  #fetchedAt = Number.NEGATIVE_INFINITY
  #isStopped = false

  constructor(options: GroupKeeperOptions) {
    this.#options = options
    this.#metrics = options.metrics && groupMetricsOf(options.metrics)
    this.#timer = setInterval(() => this.#look(), lookEveryMs).unref()
    this.#forgetFrozen = onFrozenBroker((address) => {
      if (address === this.#coordinator) this.#lose('the coordinator is frozen', undefined)
    })
    void this.#join()
  }

  async commit(epoch: number, entries: readonly CommitEntry[]): Promise<'committed' | 'stale'> {
    if (epoch !== this.#epoch || this.#vitals.state !== 'joined' || this.#member === undefined) return 'stale'
    if (entries.length === 0) return 'committed'
    try {
      return (await this.#member.commit(entries)) ? 'committed' : 'stale'
    } catch (error) {
      if (isFenced(error)) return 'stale'
      throw kafkaUnavailable(error, `commit offsets of ${this.#options.groupId}`)
    }
  }

  async fetchCommitted(): Promise<CommittedEntry[]> {
    const { connection, groupId, topics } = this.#options
    const client = createAdminClient(connection)
    try {
      return await client.call(`ask for the offsets of ${groupId}`, (admin) =>
        committedOffsets(admin, groupId, [...topics]),
      )
    } finally {
      void client.close()
    }
  }

  pause(topic: string, partitions: readonly number[]): void {
    this.#member?.pause(topic, partitions)
  }

  resume(topic: string, partitions: readonly number[]): void {
    this.#member?.resume(topic, partitions)
  }

  seek(topic: string, partition: number, offset: number): void {
    this.#member?.seek(topic, partition, offset)
  }

  lastHeartbeatAgeMs(): number {
    return performance.now() - this.#heartbeatAt
  }

  lastFetchAgeMs(): number {
    return performance.now() - this.#fetchedAt
  }

  memberId(): string | null {
    return this.#memberId
  }

  async stop(): Promise<void> {
    if (this.#isStopped) return
    this.#isStopped = true
    clearInterval(this.#timer)
    this.#forgetFrozen()
    const wasJoining = this.#vitals.state === 'joining'
    this.#revoke({ state: 'away' })
    await this.#member?.leave()
    this.#member = undefined
    // kafkajs leaves only what it has finished joining.
    if (wasJoining && this.#coordinator !== undefined) await this.#evictEarlierMembers(this.#coordinator)
  }

  #look(): void {
    const now = performance.now()
    if (this.#vitals.state === 'joined' && now - this.#joinedAt > soundAfterMs) this.#attempts = 0
    const reason = this.#watch.look(this.#vitals, now, this.#options.mayRest ? restingSlackMs() : 0)
    if (reason !== undefined) this.#lose(reason, undefined)
  }

  /** From joining or joined to away, and on to the next attempt. */
  #lose(reason: string, error: unknown): void {
    if (this.#vitals.state === 'away' || this.#isStopped) return
    this.#options.connection.log.warn({ err: error, group: this.#options.groupId, reason }, 'group membership lost')
    this.#metrics?.rebuilt(reason)
    // A topic that is gone is not our fault, and ending the process would not bring it back.
    if (isKafkaError(error, 'UNKNOWN_TOPIC_OR_PARTITION')) this.#attempts = Math.min(this.#attempts, attemptsLimit - 1)
    this.#revoke({ state: 'away' })
    this.#member?.abandon()
    this.#member = undefined
    void this.#join()
  }

  /** Ends the epoch, if one is alive; the commit that `onRevoking` starts is still of this epoch. */
  #revoke(next: Vitals): void {
    if (this.#vitals.state === 'joined') this.#options.onRevoking()
    this.#vitals = next
    this.#memberId = null
  }

  async #join(): Promise<void> {
    await sleep(pauseMs(this.#attempts), undefined, { ref: false })
    const found = await this.#awaitCoordinator()
    if (found === undefined) return
    this.#attempts += 1
    if (this.#attempts > attemptsLimit) {
      const { groupId, onBroken } = this.#options
      return onBroken(new Error(`${groupId}: ${attemptsLimit} attempts to join came to nothing`))
    }
    await this.#evictEarlierMembers(found.coordinator)
    if (!this.#isStopped) this.#start(found)
  }

  /** Searches as long as it takes, a whole outage if need be; undefined when stopped. */
  async #awaitCoordinator(): Promise<Coordination | undefined> {
    const { connection, groupId } = this.#options
    while (!this.#isStopped) {
      const found = await findReadyCoordinator(connection.brokers, groupId)
      if (found !== undefined) return found
      await sleep(searchPauseMs, undefined, { ref: false })
    }
    return undefined
  }

  async #evictEarlierMembers(coordinator: string): Promise<void> {
    if (this.#memberNumber === 0) return
    const { connection, groupId } = this.#options
    const eviction = { groups: [groupId], clientIdPrefix: `${connection.clientId}${memberSuffix}` }
    await evictOn(coordinator, eviction).catch((error: unknown) =>
      connection.log.debug({ err: error, group: groupId }, 'earlier members could not be evicted'),
    )
  }

  #start({ coordinator, living }: Coordination): void {
    const { connection, groupId, topics, sessionTimeoutMs, mayRest = false } = this.#options
    this.#memberNumber += 1
    this.#coordinator = coordinator
    this.#vitals = { state: 'joining', since: performance.now() }
    this.#member = new GroupMember({
      ...{ connection, groupId, topics, sessionTimeoutMs, mayRest, brokers: living },
      suffix: `${memberSuffix}${this.#memberNumber}`,
      claim: () => this.#claim,
      events: {
        joined: (member) => this.#joined(member),
        rejoining: () => this.#handBack(),
        heartbeat: (askedAtMs) => {
          this.#heartbeatAt = askedAtMs
          this.#sign('heartbeatAt')
          if (this.#vitals.state === 'joined') this.#options.onHeartbeat?.()
        },
        looped: () => this.#sign('loopedAt'),
        fetched: () => {
          this.#fetchedAt = performance.now()
        },
        batch: (batch) => this.#options.onBatch({ epoch: this.#epoch, ...batch }),
        broken: (reason, error) => this.#lose(reason, error),
      },
    })
  }

  /** What is under way gets a moment to end, in which the epoch still lives; then it is over, and the group is joined anew. */
  async #handBack(): Promise<void> {
    const epoch = this.#epoch
    if (this.#vitals.state !== 'joined') return
    // The coordinator has just said that the group rebalances, and the fetch loop waits for us.
    this.#sign('heartbeatAt')
    this.#sign('loopedAt')
    const ended = this.#options.onHandBack?.()
    if (ended !== undefined) await Promise.race([ended, sleep(handBackMs, undefined, { ref: false })])
    if (this.#epoch === epoch && this.#vitals.state === 'joined') {
      this.#revoke({ state: 'joining', since: performance.now() })
    }
  }

  #joined({ id: memberId, partitions, askedAtMs }: Parameters<MemberEvents['joined']>[0]): void {
    const now = performance.now()
    // Evicted and quietly joined anew: a last commit would go out under the new membership, over that of the owner since.
    if (this.#memberId !== null && this.#memberId !== memberId) this.#epoch += 1
    this.#revoke({ state: 'joined', heartbeatAt: now, loopedAt: now })
    this.#heartbeatAt = askedAtMs
    this.#joinedAt = now
    this.#memberId = memberId
    this.#epoch += 1
    this.#claim = { owned: partitions, joinedAt: Date.now() }
    this.#metrics?.joined()
    void this.#followCoordinator()
    this.#options.onAssigned({ epoch: this.#epoch, partitions, memberId })
  }

  #sign(kind: 'heartbeatAt' | 'loopedAt'): void {
    if (this.#vitals.state === 'joined') this.#vitals[kind] = performance.now()
  }

  /** A rebalance is often the sign that another broker coordinates now. */
  async #followCoordinator(): Promise<void> {
    const { connection, groupId } = this.#options
    this.#coordinator = (await coordinatorOf(connection.brokers, groupId)) ?? this.#coordinator
  }
}

const memberSuffix = '-m'

/** 0 before the first attempt, then 100 ms doubled up to 5 s, each between half and all of it. */
function pauseMs(attempts: number): number {
  if (attempts === 0) return 0
  return Math.min(firstPauseMs * 2 ** (attempts - 1), longestPauseMs) * (0.5 + Math.random() / 2)
}

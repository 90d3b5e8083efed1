import type { Comparison } from '#shared/delivery/comparison.ts'
import { originOf } from '#shared/delivery/origin-of.ts'
import type { Log } from '#shared/observability/log.ts'
import { latencyBuckets, type Metrics } from '#shared/observability/metrics.ts'

/** Who and where, on every line. */
export type DeliveryRef = {
  subscription: string
  uid: string
  topic: string
  partition: number
  offset: number
}

/** Every business log line and metric of the consumer. */
export type ConsumerTelemetry = {
  /** `seconds` from the broker's time of the event to the receiver's answer. */
  delivered(ref: DeliveryRef, facts: { attempts: number; seconds: number }): void
  attemptFailed(
    ref: DeliveryRef,
    facts: { attempt: number; target: string; outcome: string; code: string; detail: string },
  ): void
  deadLettered(ref: DeliveryRef, facts: { attempts: number; cause: string; code: string; detail: string }): void
  deadLetterDelayed(ref: DeliveryRef, error: unknown): void
  /** Events that the filter keeps back. `because` is of one whose expression could not be evaluated. */
  filtered(subscription: string, facts: { events: number; errors: number; because: string | null }): void
  expired(subscription: string, range: { partition: number; from: number; to: number }): void
  failed(subscription: string, facts: { reason: string; detail: string }): void
  holdBegan(subscription: string, reason: string): void
  holdEnded(subscription: string): void
  /** One target takes no deliveries: `gone` (it answered 410) until an operator acts, else until it works again. */
  targetLeftOut(subscription: string, facts: LeftOut): void
  targetBack(subscription: string, url: string): void
  /** What the second target of a comparison made of an event. */
  compared(ref: DeliveryRef, comparison: Comparison): void
  assigned(subscription: string, facts: { epoch: number; partitions: readonly number[] }): void
  /** The committed state of `pairs` pairs is here; they read their retry partitions next. */
  loaded(subscription: string, facts: { epoch: number; pairs: number; ms: number }): void
  loadFailed(subscription: string, error: unknown): void
  committed(result: 'committed' | 'stale' | 'failed', truncated: boolean): void
  /** So many wait in one pair that the stream half will pause at `limit`. */
  muchWaits(subscription: string, facts: { partition: number; waiting: number; limit: number }): void
  /** The stream's topic and the retry topic have not the same partitions. */
  topicsWrong(subscription: string, detail: string): void
  /** A delivery that could start waits for the rate limit of its subscription. */
  rateWaited(): void
  unreadable(subscription: string, facts: { partition: number; offset: number; detail: string }): void
  retryAppendDelayed(subscription: string, error: unknown): void
  /** Nothing is sent for it here until its secrets can be read. */
  secretsUnreadable(subscription: string, detail: string): void
  stateNotWritten(uid: string, error: unknown): void
  /** The attempts log does not take what happened to so many deliveries; told at most once in 5 s. */
  attemptDetailsLost(error: unknown, deliveries: number): void
  stopped(subscription: string, facts: { unanswered: number; ms: number }): void
  close(): void
}

export type LeftOut = { url: string; because: 'evidence' | 'health-check' | 'gone'; detail: string | null }

export type PeerTelemetry = {
  /** `members` it still had in groups; `ms` from the decision to the last broker's answer. */
  peerEvicted(facts: { peer: string; members: number; ms: number }): void
}

type Group = { events: number; maxMs: number }
type FilteredGroup = { events: number; errors: number; because: string | null }

const groupMs = 1_000

/**
 * Counts per event; log lines for first-try successes per subscription and second, because a line per event would cost as
 * much as the delivery itself. Everything that did not go right at once has a line of its own.
 */
export function createTelemetry(log: Log, metrics: Metrics): ConsumerTelemetry {
  const counted = createCounters(metrics)
  const groups = new Map<string, Group>()
  const filtered = new Map<string, FilteredGroup>()
  const flush = () => {
    for (const [subscription, group] of groups) log.info({ subscription, outcome: 'delivered', ...group }, 'delivered')
    groups.clear()
    for (const [subscription, group] of filtered) {
      if (group.errors === 0) log.info({ subscription, outcome: 'filtered', ...group }, 'filtered')
      else log.warn({ subscription, outcome: 'filtered', ...group }, 'filtered, some because the filter failed')
    }
    filtered.clear()
  }
  const timer = setInterval(flush, groupMs)
  return {
    delivered(ref, { attempts, seconds }) {
      counted.deliveries.inc(deliveredLabel)
      counted.seconds.observe(seconds)
      const ms = Math.round(seconds * 1000)
      if (attempts > 1) log.info({ ...ref, outcome: 'delivered', attempts, ms }, 'delivered after failures')
      const group = groups.get(ref.subscription)
      if (group === undefined) groups.set(ref.subscription, { events: 1, maxMs: ms })
      else {
        group.events += 1
        if (ms > group.maxMs) group.maxMs = ms
      }
    },
    attemptFailed(ref, { target, ...rest }) {
      const facts = { ...ref, target: originOf(target), ...rest }
      // An address that somebody tried to reach through us is for people to see; its target is left out, so this comes rarely.
      if (rest.code === 'egress-refused') log.warn(facts, 'the address of the target is not allowed')
      else log.debug(facts, 'attempt failed')
    },
    deadLettered(ref, facts) {
      counted.deliveries.inc({ outcome: 'dead-lettered' })
      log.warn({ ...ref, outcome: 'dead-lettered', ...facts }, 'dead-lettered')
    },
    filtered(subscription, { events, errors, because }) {
      counted.deliveries.inc({ outcome: 'filtered' }, events)
      if (errors > 0) counted.filterErrors.inc(errors)
      const group = filtered.get(subscription) ?? { events: 0, errors: 0, because }
      filtered.set(subscription, {
        events: group.events + events,
        errors: group.errors + errors,
        because: group.because ?? because,
      })
    },
    deadLetterDelayed: (ref, error) => log.warn({ ...ref, err: error }, 'the dead letter is not stored yet'),
    expired(subscription, range) {
      counted.expired.inc(range.to - range.from)
      log.error({ subscription, ...range }, 'retention took events before they were delivered')
    },
    rateWaited: () => counted.rateWaits.inc(),
    committed: (result, truncated) => counted.commit(result, truncated),
    targetLeftOut(subscription, { url, because, detail }) {
      counted.leftOut.inc({ because })
      log.warn({ subscription, target: originOf(url), because, detail }, 'a target is left out')
    },
    compared(ref, { kind, ...sides }) {
      counted.comparisons.inc({ result: kind })
      if (kind === 'mismatch') log.warn({ ...ref, ...sides }, 'the answers of two targets differ')
    },
    targetBack: (subscription, url) =>
      log.info({ subscription, target: originOf(url) }, 'a target takes deliveries again'),
    ...createLifeLines(log),
    close() {
      clearInterval(timer)
      flush()
    },
  }
}

/** What this instance does for consumers that fell silent. */
export function createPeerTelemetry(log: Log, metrics: Metrics): PeerTelemetry {
  const evictions = metrics.counter('peer_evictions_total', 'Silent consumers whose groups were left on their behalf.')
  return {
    peerEvicted(facts) {
      if (facts.members === 0) return log.info(facts, 'a silent consumer was in no group any more')
      evictions.inc()
      log.warn(facts, 'a silent consumer was evicted from its groups')
    },
  }
}

const deliveredLabel = { outcome: 'delivered' } as const

function createCounters(metrics: Metrics) {
  const commits = metrics.counter('commits_total', 'Offset commits by result.', ['result'])
  const truncations = metrics.counter('commit_truncations_total', 'Commits whose finished runs did not all fit.')
  return {
    rateWaits: metrics.counter('delivery_rate_waits_total', 'Times that deliveries waited for a rate limit.'),
    deliveries: metrics.counter('deliveries_total', 'Deliveries that ended, by outcome.', ['outcome']),
    expired: metrics.counter('events_expired_total', 'Events that retention took before they were delivered.'),
    comparisons: metrics.counter('comparisons_total', 'Events sent to two targets to compare, by result.', ['result']),
    leftOut: metrics.counter('targets_left_out_total', 'Targets that stopped taking deliveries, by cause.', [
      'because',
    ]),
    filterErrors: metrics.counter('filter_errors_total', 'Events whose filter could not be evaluated: no match.'),
    seconds: metrics.histogram('delivery_seconds', 'From the append to the receiver’s answer.', latencyBuckets),
    commit(result: 'committed' | 'stale' | 'failed', truncated: boolean) {
      commits.inc({ result })
      if (truncated) truncations.inc()
    },
  }
}

function createLifeLines(log: Log) {
  return {
    failed: (subscription: string, facts: object) => log.error({ subscription, ...facts }, 'the subscription failed'),
    holdBegan: (subscription: string, reason: string) => log.warn({ subscription, reason }, 'holding'),
    holdEnded: (subscription: string) => log.info({ subscription }, 'going on'),
    assigned: (subscription: string, facts: object) => log.info({ subscription, ...facts }, 'assigned'),
    loaded: (subscription: string, facts: object) => log.info({ subscription, ...facts }, 'partitions loaded'),
    loadFailed: (subscription: string, error: unknown) =>
      log.warn({ subscription, err: error }, 'the committed state cannot be read yet'),
    muchWaits: (subscription: string, facts: object) => log.warn({ subscription, ...facts }, 'many deliveries wait'),
    topicsWrong: (subscription: string, detail: string) =>
      log.error({ subscription, detail }, 'not every partition has its retry partition; put the subscription again'),
    unreadable: (subscription: string, facts: object) =>
      log.error({ subscription, ...facts }, 'a record of the retry topic cannot be read'),
    retryAppendDelayed: (subscription: string, error: unknown) =>
      log.warn({ subscription, err: error }, 'the retry topic takes no records yet'),
    secretsUnreadable: (subscription: string, detail: string) =>
      log.error(
        { subscription, detail },
        'its secrets cannot be read here, so nothing is sent; check TAILRACE_MASTER_KEY',
      ),
    stateNotWritten: (uid: string, error: unknown) =>
      log.warn({ uid, err: error }, 'the state record is not written yet'),
    attemptDetailsLost: (error: unknown, deliveries: number) =>
      log.warn({ err: error, deliveries }, 'details of attempts are lost'),
    stopped: (subscription: string, facts: object) => log.info({ subscription, ...facts }, 'runner stopped'),
  }
}

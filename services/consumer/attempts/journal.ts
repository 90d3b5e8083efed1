import type { Subscription } from '#shared/catalog/model.ts'
import type { LogEntry, LoggedAttempt, LoggedComparison, LoggedRange } from '#shared/delivery/log/entries.ts'
import type { Range } from '../load.ts'
import { wallClockMs } from '../pair/clocks.ts'
import type { Delivery } from '../pair/deliveries.ts'
import type { Effect } from '../pair/effects.ts'
import type { Outcome } from '../pair/inputs.ts'
import type { Pair } from '../pair/states.ts'
import type { AttemptLog, SubscriptionLog } from './attempt-log.ts'

/** The attempts of one delivery between leaving its queue and coming back, with what the log filters by. */
export type Turn = { key: string | null; type: string | null; list: readonly LoggedAttempt[] }

type Append = Extract<Effect, { kind: 'append' }>
type Recall = Extract<Effect, { kind: 'recall' }>
type Adopted = Extract<Effect, { kind: 'adopted' }>
type Burying = Extract<Effect, { kind: 'append-dead-letter' }>

/** Tells the attempts log what the pairs of one runner did. Each call comes after the pair knows, in the same turn. */
export class Journal {
  readonly #log: SubscriptionLog
  /** Attempts of deliveries whose dead letter is on its way: they are told together. */
  readonly #burying = new Map<Delivery, Turn>()

  constructor(log: AttemptLog, subscription: Pick<Subscription, 'uid' | 'name' | 'stream'>) {
    this.#log = log.of(subscription)
  }

  /** Writes what was noted; see `SubscriptionLog.flush`. */
  flush(): Promise<void> | null {
    return this.#log.flush()
  }

  /** An attempt was answered and the pair has taken the answer in. `isCurrent`: it belonged to the epoch of the pair. */
  answered(pair: Pair, delivery: Delivery, { outcome, turn, isCurrent }: Answered): void {
    if (outcome.kind === 'delivered') {
      const attempts = isCurrent ? delivery.attempts : delivery.attempts + outcome.attempts
      const firstAttemptAtMs = delivery.firstAttemptAtMs ?? outcome.firstAttemptAtMs
      this.#note(pair, delivery, turn, { state: 'delivered', attempts, firstAttemptAtMs })
      return
    }
    // What an owner learned too late may contradict what the next one has told since.
    if (!isCurrent || delivery.state === 'ended') return
    if (delivery.state === 'burying') this.#burying.set(delivery, turn)
    else if (turn.list.length > 0) this.#note(pair, delivery, turn, waitOf(pair, delivery))
  }

  /** The dead letter is stored. */
  buried(pair: Pair, { delivery, detail }: Burying): void {
    const record = delivery.record
    const turn = this.#burying.get(delivery) ?? {
      key: textOf(record?.key),
      type: record?.headers.ce_type ?? null,
      list: [],
    }
    this.#burying.delete(delivery)
    this.#note(pair, delivery, turn, { state: 'dead-lettered', because: detail })
  }

  /** The dead letter is not wanted any more: another owner decides. */
  notBuried(delivery: Delivery): void {
    this.#burying.delete(delivery)
  }

  /** A record goes to the retry topic; of interest is an event that was not tried, but has to wait behind another one. */
  appends(pair: Pair, { ref, record }: Append): void {
    if (ref.kind !== 'park') return
    const behind = /^behind-(\d+)$/.exec(record.headers.tailrace_cause ?? '')?.[1]
    if (behind === undefined) return
    this.#log.note(pair.partition, {
      ...{ offset: ref.offset, atMs: Date.now(), key: textOf(record.key), type: record.headers.ce_type ?? null },
      ...{ state: 'waiting', because: behindHead, behind: Number(behind) },
      ...{ nextAttemptAtMs: null, attempts: 0, firstAttemptAtMs: null, list: [] },
    })
  }

  /** A former owner delivered it and ended before it could commit; whether it could tell the log is not known. */
  recalled({ partition }: Pair, { record: { offset, key, headers }, atMs }: Recall): void {
    this.#log.note(partition, {
      ...{ offset, atMs, key: textOf(key), type: headers.ce_type ?? null, state: 'delivered' },
      ...{ because: 'delivered by an instance that ended at once', behind: null, nextAttemptAtMs: null },
      ...{ attempts: 1, firstAttemptAtMs: null, list: [] },
    })
  }

  /** A former owner had parked it and ended before it could commit; what the log knows of that is told again. */
  adopted(pair: Pair, { delivery, record: { key, headers } }: Adopted): void {
    const turn = { key: textOf(key), type: headers.ce_type ?? null, list: [] }
    this.#note(pair, delivery, turn, parkedState(pair, delivery))
  }

  /** A second target had its turn at an attempt, which is on record by then, or will be. */
  compared(partition: number, comparison: LoggedComparison): void {
    this.#log.compare(partition, comparison)
  }

  /** Nobody delivers these. */
  passedOver({ partition }: Pick<Pair, 'partition'>, state: LoggedRange['state'], { from, to }: Range): void {
    this.#log.noteRange(partition, { state, from, to, atMs: Date.now() })
  }

  #note(pair: Pair, delivery: Delivery, { key, type, list }: Turn, now: Now): void {
    const { offset, attempts, firstAttemptAtMs } = delivery
    this.#log.note(pair.partition, {
      ...{ offset, atMs: Date.now(), key, type, because: list.at(-1)?.detail ?? '' },
      ...{ behind: null, nextAttemptAtMs: null, attempts, firstAttemptAtMs, list, ...now },
    })
  }
}

type Answered = { outcome: Outcome; turn: Turn; isCurrent: boolean }

const behindHead = 'an earlier event of its key is tried again'

type Now = Pick<LogEntry, 'state'> & Partial<LogEntry>

/** When it is tried next: at a time, or as soon as its target is there. */
function waitOf(pair: Pair, { state, dueAtMs }: Delivery): Now {
  const hasTime = (state === 'parking' || state === 'parked') && dueAtMs > 0
  if (!hasTime) return { state: 'queued' }
  return { state: 'retrying', nextAttemptAtMs: Math.round(wallClockMs(pair, dueAtMs)) }
}

/** Of one that was parked by another owner: who had only waited behind a head that is over is due at once. */
function parkedState(pair: Pair, delivery: Delivery): Now {
  const { head } = delivery.queue
  if (head !== null && head !== delivery) return { state: 'waiting', because: behindHead, behind: head.offset }
  const wait = waitOf(pair, delivery)
  return wait.state === 'retrying' ? { ...wait, because: 'an earlier attempt failed' } : wait
}

const textOf = (bytes: Buffer | null | undefined): string | null => bytes?.toString() ?? null

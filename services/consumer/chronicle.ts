import type { Stream, Subscription } from '#shared/catalog/model.ts'
import type { Decision } from '#shared/delivery/decide.ts'
import type { Standing } from '#shared/redis/instances.ts'
import { Journal } from './attempts/journal.ts'
import type { Compared } from './comparing.ts'
import type { RunnerEnvironment } from './environment.ts'
import type { Filtering } from './filtering.ts'
import { OpsWatch } from './ops-watch.ts'
import type { Delivery } from './pair/deliveries.ts'
import type { Effect, LoadedDelivery } from './pair/effects.ts'
import type { Pair } from './pair/states.ts'
import type { Delivered } from './pipeline.ts'
import type { DeliveryRef } from './telemetry.ts'

export type ChronicleOptions = {
  environment: Pick<RunnerEnvironment, 'telemetry' | 'attemptLog' | 'ops' | 'laggingAfterMs'>
  subscription(): Subscription
  stream(): Stream
  standing(): Standing
  lastError(): string | null
  /** See `OpsWatch`. */
  isSpeaker(): boolean
}

type Burying = Extract<Effect, { kind: 'append-dead-letter' }>
export type Report = Extract<
  Effect,
  { kind: 'report-expired' | 'report-waiting' | 'report-unreadable' | 'recall' | 'adopted' }
>
/** Of an event, in the stream. */
type Place = { partition: number; offset: number }
/** `isCurrent`: the attempt belonged to the epoch of the pair. */
type Answered = Pick<Delivered, 'outcome' | 'turn'> & { isCurrent: boolean }

/**
 * What becomes of the deliveries of one runner, told to all who keep it: log lines and metrics, the attempts log, the
 * operational events. Decides nothing.
 */
export class Chronicle {
  readonly journal: Journal
  readonly watch: OpsWatch
  readonly #options: ChronicleOptions
  #delivered = 0

  constructor(options: ChronicleOptions) {
    const { environment, subscription, stream, standing, lastError, isSpeaker } = options
    const { attemptLog, ops, laggingAfterMs } = environment
    this.#options = options
    this.journal = new Journal(attemptLog, subscription())
    this.watch = new OpsWatch({
      ...{ ops, laggingAfterMs, subscription, standing, lastError, isSpeaker },
      retentionMs: () => stream().retentionMs,
    })
  }

  /** Deliveries that succeeded, since the start. */
  get delivered(): number {
    return this.#delivered
  }

  /** How the logs name a place. */
  ref({ partition, offset }: Place): DeliveryRef {
    const { name, uid } = this.#options.subscription()
    return { subscription: name, uid, topic: this.#options.stream().topic, partition, offset }
  }

  attemptFailed(
    { record: { partition }, offset }: LoadedDelivery,
    { number, url }: { number: number; url: string },
    { kind, code, detail }: Decision,
  ): void {
    const { telemetry } = this.#options.environment
    const facts = { attempt: number, target: url, outcome: kind, code, detail }
    telemetry.attemptFailed(this.ref({ partition, offset }), facts)
  }

  /** The pair has taken the answer in. */
  answered(pair: Pair, delivery: Delivery, answered: Answered): void {
    this.journal.answered(pair, delivery, answered)
    if (answered.outcome.kind !== 'delivered') return
    this.watch.succeeded()
    this.#delivered += 1
    const { offset, timestampMs, attempts } = delivery
    const seconds = Math.max(0, Date.now() - timestampMs) / 1000
    const ref = this.ref({ partition: pair.partition, offset })
    this.#options.environment.telemetry.delivered(ref, { attempts, seconds })
  }

  compared({ partition, ...logged }: Compared): void {
    const { offset, url, comparison } = logged
    const place = { partition, offset }
    this.#options.environment.telemetry.compared(this.ref(place), comparison)
    this.journal.compared(partition, logged)
    if (comparison.kind === 'mismatch' && url !== null) this.watch.mismatched(place, comparison, url)
  }

  /** The dead letter is stored. */
  buried(pair: Pair, burying: Burying): void {
    const { offset, attempts } = burying.delivery
    const { cause, code, detail } = burying
    const { partition } = pair
    this.journal.buried(pair, burying)
    this.watch.buried(partition, offset, burying)
    const facts = { attempts, cause, code, detail }
    this.#options.environment.telemetry.deadLettered(this.ref({ partition, offset }), facts)
  }

  reported(pair: Pair, report: Report): void {
    const { telemetry } = this.#options.environment
    const { name } = this.#options.subscription()
    const { partition } = pair
    switch (report.kind) {
      case 'report-expired':
        telemetry.expired(name, { partition, from: report.from, to: report.to })
        this.journal.passedOver(pair, 'expired', report)
        break
      case 'report-waiting':
        telemetry.muchWaits(name, { partition, waiting: report.waiting, limit: report.limit })
        break
      case 'recall':
        this.journal.recalled(pair, report)
        break
      case 'adopted':
        this.journal.adopted(pair, report)
        break
      case 'report-unreadable':
        telemetry.unreadable(name, { partition, offset: report.offset, detail: report.detail })
        break
      default:
        report satisfies never
    }
  }

  /** What was filtered since the last call. */
  filtered(filtering: Filtering): void {
    const filtered = filtering.takeFiltered()
    if (filtered !== null) this.#options.environment.telemetry.filtered(this.#options.subscription().name, filtered)
  }
}

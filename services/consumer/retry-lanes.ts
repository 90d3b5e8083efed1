import type { RunnerEnvironment } from './environment.ts'
import type { Input } from './pair/inputs.ts'
import { type Append, RetryLane } from './retry-lane.ts'

export type RetryLanesOptions = {
  environment: Pick<RunnerEnvironment, 'lanes' | 'admin' | 'telemetry'>
  /** Of the subscription. */
  name: string
  /** The retry topic. */
  topic: string
  /** What came of an append. */
  answer(partition: number, input: Extract<Input, { kind: 'appended' | 'append-refused' }>): void
  /** Of several records some were settled. */
  onProgress(): void
}

/** Everything that is written to the retry topic of one runner, and taken from its beginning: a lane for each pair. */
export class RetryLanes {
  readonly #options: RetryLanesOptions
  /** They outlive ownerships: what is with the produce lane is still in flight when the pair comes back. */
  readonly #lanes = new Map<number, RetryLane>()

  constructor(options: RetryLanesOptions) {
    this.#options = options
  }

  append(partition: number, append: Append): void {
    this.#laneOf(partition).append(append)
  }

  /** See `RetryLane.drop`. */
  drop(partition: number, token: string): void {
    this.#laneOf(partition).drop(token)
  }

  /** Nothing before `offset` is needed any more. What is not trimmed now is trimmed by a later commit. */
  trim(partition: number, offset: number): void {
    const { environment, topic } = this.#options
    environment.admin.deleteRecords(topic, partition, offset).catch(() => undefined)
  }

  #laneOf(partition: number): RetryLane {
    const known = this.#lanes.get(partition)
    if (known !== undefined) return known
    const { environment, name, topic, answer, onProgress } = this.#options
    const lane = new RetryLane({
      ...{ lanes: environment.lanes, topic, partition, onProgress },
      onAppended: ({ token, ref }, offset) => answer(partition, { kind: 'appended', token, ref, offset }),
      onRefused: ({ token, ref }, detail) => answer(partition, { kind: 'append-refused', token, ref, detail }),
      onDelay: (error) => environment.telemetry.retryAppendDelayed(name, error),
    })
    this.#lanes.set(partition, lane)
    return lane
  }
}

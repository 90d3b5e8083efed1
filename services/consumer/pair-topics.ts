import type { KafkaAdmin } from '#shared/kafka/admin.ts'
import type { Half } from './pair/effects.ts'

export type PairTopicsOptions = {
  admin: Pick<KafkaAdmin, 'describeTopic'>
  topics: Record<Half, string>
  /** Told when it becomes wrong, with what is wrong. */
  onWrong(detail: string): void
}

const everyMs = 60_000
const whileWrongMs = 2_000

/**
 * Watches that the stream's topic and the retry topic have the same partitions: one without its other half belongs to
 * nobody and would quietly deliver nothing. It cannot happen to our own topics; one of another owner may grow, and a retry
 * topic can be deleted by hand. Putting the subscription again mends it.
 */
export class PairTopics {
  readonly #options: PairTopicsOptions
  #dueMs = 0
  #isWrong = false

  constructor(options: PairTopicsOptions) {
    this.#options = options
  }

  /** As operators see it. */
  get reason(): string | null {
    return this.#isWrong ? 'retry-topic-unequal' : null
  }

  tick(nowMs: number): void {
    if (nowMs < this.#dueMs) return
    this.#dueMs = nowMs + everyMs
    void this.#look(nowMs)
  }

  async #look(nowMs: number): Promise<void> {
    const { admin, topics, onWrong } = this.#options
    const count = async (topic: string) => (await admin.describeTopic(topic))?.partitions.length ?? 0
    try {
      const [stream, retry] = await Promise.all([count(topics.stream), count(topics.retry)])
      const wasWrong = this.#isWrong
      this.#isWrong = stream !== retry
      if (this.#isWrong) this.#dueMs = nowMs + whileWrongMs
      if (this.#isWrong && !wasWrong) onWrong(`${topics.stream} has ${stream} partitions and ${topics.retry} ${retry}`)
    } catch {
      // Kafka does not answer now; what is known stands.
      this.#dueMs = nowMs + whileWrongMs
    }
  }
}

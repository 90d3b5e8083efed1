import type { Catalog } from '#shared/catalog/catalog.ts'
import { TailraceError } from '#shared/errors.ts'
import type { KafkaAdmin } from '#shared/kafka/admin.ts'
import type { ProducerTelemetry } from './telemetry.ts'

/** Refuses topics on which an acknowledged event could be lost (replication factor < 3, min.insync.replicas < 2 …). */
export type TopicSafety = {
  /** Returns at once for a topic known to be safe, else looks first. Throws `kafka-unavailable` with the reasons. */
  require(topic: string): void | Promise<void>
  isKnown(topic: string): boolean
  /** Looks at every topic of the list; what cannot be seen keeps its last verdict. */
  refresh(topics: readonly string[]): Promise<void>
}

const refreshMs = 60_000

type Keeping = {
  catalog: Pick<Catalog, 'streams' | 'onChange'>
  admin: Pick<KafkaAdmin, 'unsafeTopicReasons'>
  telemetry: ProducerTelemetry
}

/** Looks at the topics of all streams now, whenever the catalog changes, and every minute. */
export function keepTopicsSafe({ catalog, admin, telemetry }: Keeping): TopicSafety & { close(): void } {
  const safety = watchTopicSafety({ unsafeReasons: admin.unsafeTopicReasons, telemetry })
  const topics = () => catalog.streams().map(({ topic }) => topic)
  const refresh = () => void safety.refresh(topics())
  const stopListening = catalog.onChange(() => void safety.refresh(topics().filter((topic) => !safety.isKnown(topic))))
  const timer = setInterval(refresh, refreshMs)
  refresh()
  return {
    ...safety,
    close() {
      stopListening()
      clearInterval(timer)
    },
  }
}

type Options = {
  unsafeReasons(topic: string): Promise<readonly string[]>
  telemetry: ProducerTelemetry
  now?(): number
}

type Verdict = { reasons: readonly string[]; atMs: number }

/** How long a topic is refused without another look. A new one is not known to every broker at once. */
const refusalMs = 1_000

export function watchTopicSafety({ unsafeReasons, telemetry, now = () => performance.now() }: Options): TopicSafety {
  const verdicts = new Map<string, Verdict>()
  const looks = new Map<string, Promise<readonly string[]>>()
  const look = async (topic: string) => {
    const reasons = await unsafeReasons(topic)
    const isNews = reasons.length > 0 && verdicts.get(topic)?.reasons.length !== reasons.length
    if (isNews) telemetry.unsafeTopic(topic, reasons)
    verdicts.set(topic, { reasons, atMs: now() })
    return reasons
  }
  /** One look for all who ask at the same time. */
  const lookOnce = (topic: string) => {
    const running = looks.get(topic) ?? look(topic).finally(() => looks.delete(topic))
    looks.set(topic, running)
    return running
  }
  const judge = (topic: string, reasons: readonly string[]) => {
    if (reasons.length > 0) throw unsafe(topic, reasons)
  }
  return {
    isKnown: (topic) => verdicts.has(topic),
    require(topic) {
      const verdict = verdicts.get(topic)
      const isOpen = verdict === undefined || (verdict.reasons.length > 0 && now() - verdict.atMs >= refusalMs)
      if (isOpen) return lookOnce(topic).then((found) => judge(topic, found))
      judge(topic, verdict.reasons)
    },
    async refresh(topics) {
      for (const topic of topics)
        await lookOnce(topic).catch((error: unknown) => telemetry.unsafetyUnknown(topic, error))
    },
  }
}

const unsafe = (topic: string, reasons: readonly string[]) =>
  new TailraceError('kafka-unavailable', `The topic ${topic} is not safe: ${reasons.join(', ')}. Nothing was stored.`, {
    retryAfterMs: refusalMs,
  })

import type { LaneSnapshot } from '#shared/kafka/lanes.ts'
import type { InstanceReport } from '#shared/redis/instances.ts'

/**
 * States: starting → ready → stopping, and beside `ready` cut off: this instance reaches no broker while another producer
 * does. With Kafka gone for all, every instance stays ready and answers 503 itself, which says more than a balancer can.
 */
export type Readiness = {
  started(): void
  stopping(): void
  /** Why this instance should get no requests; empty = ready. */
  reasons(): readonly string[]
  close(): void
}

type Options = {
  id: string
  /** Age of the last answer of the catalog topic, which is fetched all the time. */
  staleMs(): number
  lanes(): readonly LaneSnapshot[]
  /** Reports of all living instances, null when Redis cannot be asked. */
  instances(): Promise<readonly InstanceReport[] | null>
}

/** Longer than the pause that the loss of one broker causes. */
const silentMs = 10_000
const lookEveryMs = 1_000

export function watchReadiness(options: Options): Readiness {
  let state: 'starting' | 'ready' | 'stopping' = 'starting'
  let isCutOff = false
  const look = async () => {
    isCutOff = reachesNothing(options) && (await othersServe(options))
  }
  const timer = setInterval(() => void look(), lookEveryMs)
  return {
    started() {
      state = 'ready'
    },
    stopping() {
      state = 'stopping'
    },
    reasons() {
      if (state !== 'ready') return [state]
      return isCutOff ? ['this instance reaches no broker, others do'] : []
    },
    close: () => clearInterval(timer),
  }
}

function reachesNothing({ staleMs, lanes }: Options): boolean {
  return staleMs() > silentMs && lanes().every((lane) => lane.state === 'broken')
}

async function othersServe({ id, instances }: Options): Promise<boolean> {
  const reports = (await instances()) ?? []
  const others = reports.filter((report) => report.service === 'producer' && report.id !== id && report.ready)
  return others.some((report) => report.lanes?.some((lane) => lane.state === 'open') ?? false)
}

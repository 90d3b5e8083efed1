import { messageOf } from '#shared/errors.ts'
import { appendPatiently } from '#shared/kafka/append-patiently.ts'
import type { ProduceLanes } from '#shared/kafka/lanes.ts'
import type { Log } from '#shared/observability/log.ts'
import type { Metrics } from '#shared/observability/metrics.ts'
import type { Told } from '#shared/redis/told.ts'
import { within } from '#shared/resilience/deadline.ts'
import type { Catalog } from '../catalog.ts'
import { type OpsEvent, opsStream } from './events.ts'
import { opsRecord } from './record.ts'

export type OpsOptions = {
  catalog: Pick<Catalog, 'stream'>
  lanes: Pick<ProduceLanes, 'append' | 'partitionForKey'>
  told: Told
  instance: string
  metrics: Metrics
  log: Log
}

export type OpsChange = {
  /** What is what now, for example `phase:<uid>` is `held`. */
  mark: string
  value: string
  /** What it was as far as this instance knows; counts where Redis has no memory of it. */
  before: string
  /** Whether this instance tells when Redis cannot be asked: of all that see the change one should. */
  isSpeaker: boolean
  /** The event of a change, null when it needs none. */
  eventOf(before: string): OpsEvent | null
}

/**
 * Operational events, appended to the stream `ops`. Whoever notices something first tells it; Redis remembers that it was
 * told. Nobody waits for any of this and nothing of it throws: an event that cannot be stored within 30 s is dropped and
 * counted.
 */
export type OpsEvents = {
  raise(event: OpsEvent): void
  /** Raises it unless this or another instance has raised one under the same mark within `forMs`. */
  raiseOnce(event: OpsEvent, mark: string, forMs: number): void
  /**
   * Raises the event of a change, unless another instance has. False: Redis cannot be asked, and this instance is not the
   * one that tells then.
   */
  raiseChange(change: OpsChange): Promise<boolean>
  /** Waits at most 2 s for what is on its way. */
  close(): Promise<void>
}

const patienceMs = 30_000
const repeatEveryMs = 500
const closeMs = 2_000
/** On their way at a time: more of them means that Kafka takes none. */
const mostUnderWay = 1_000
const mostMarks = 10_000

export function openOps(options: OpsOptions): OpsEvents {
  const { told, metrics, log } = options
  const events = metrics.counter('ops_events_total', 'Operational events that were raised here, by type.', ['type'])
  const dropped = metrics.counter('ops_events_dropped_total', 'Operational events that could not be stored.')
  const underWay = new Set<Promise<void>>()
  const marks = new Map<string, number>()
  const drop = ({ type, subject }: OpsEvent, error: unknown) => {
    dropped.inc()
    log.warn({ type, subject, reason: messageOf(error) }, 'an operational event is dropped')
  }
  const start = (work: Promise<void>) => {
    const running: Promise<void> = work.finally(() => underWay.delete(running))
    underWay.add(running)
  }
  const raise = (event: OpsEvent) => {
    if (event.stream === opsStream) return
    log.info({ type: event.type, subject: event.subject, ...event.data }, 'operational event')
    if (underWay.size >= mostUnderWay) return drop(event, new Error('too many are on their way'))
    start(
      append(options, event).then(
        () => events.inc({ type: event.type }),
        (error) => drop(event, error),
      ),
    )
  }
  return {
    raise,
    raiseOnce(event, mark, forMs) {
      const nowMs = performance.now()
      if (event.stream === opsStream || (marks.get(mark) ?? 0) > nowMs) return
      if (marks.size >= mostMarks) for (const [known, untilMs] of marks) if (untilMs <= nowMs) marks.delete(known)
      if (marks.size >= mostMarks) marks.clear()
      marks.set(mark, nowMs + forMs)
      start(told.isFirst(mark, Math.ceil(forMs)).then((isFirst) => (isFirst === false ? undefined : raise(event))))
    },
    raiseChange({ mark, value, before, isSpeaker, eventOf }) {
      const tell = (was: string | null) => {
        if (was === null && !isSpeaker) return false
        const event = eventOf(was === null || was === '' ? before : was)
        if (event !== null) raise(event)
        return true
      }
      const telling = told.change(mark, value).then(tell)
      start(telling.then(() => undefined))
      return telling
    },
    close: async () => {
      const settled = async () => {
        while (underWay.size > 0) await Promise.all(underWay)
      }
      await within(settled(), closeMs, undefined)
    },
  }
}

async function append({ catalog, lanes, instance }: OpsOptions, event: OpsEvent): Promise<void> {
  const stream = catalog.stream(opsStream)
  if (stream === undefined) throw new Error('there is no stream ops; init makes it')
  const { topic, partitions } = stream
  const record = opsRecord(event, instance, Date.now())
  await appendPatiently({ lanes, topic, partitions }, record, { patienceMs, repeatEveryMs })
}

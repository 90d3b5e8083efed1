import { TailraceError } from '#shared/errors.ts'
import type { KafkaAdmin } from '#shared/kafka/admin.ts'
import type { ProduceLanes } from '#shared/kafka/lanes.ts'
import type { AttemptRequest } from './attempt.ts'
import type { DeadLetterCause, Decision } from './decide.ts'
import { forwardedRecord, isLoop } from './forwarded-record.ts'

export type KafkaSenderOptions = {
  topic: string
  lanes: Pick<ProduceLanes, 'append' | 'partitionForKey'>
  admin: Pick<KafkaAdmin, 'describeTopic' | 'unsafeTopicReasons'>
  /** The whole attempt, ms. What is with the lane by then is still written: the event comes twice rather than not at all. */
  timeoutMs: number
}

/** `mayStart` is asked right before the append, which is a look at the topic after the call; false ends it, nothing was sent. */
export type SendLimits = { mayStart?: () => boolean }

/** Delivers events of one subscription to another topic of the cluster; never rejects. */
export type KafkaSender = { attempt(request: AttemptRequest, limits?: SendLimits): Promise<Decision> }

/** How long partitions and safety of the topic are believed. */
const lookAgainMs = 60_000

type Look = { kind: 'usable'; partitions: number } | { kind: 'unusable'; code: string; detail: string }

/**
 * Appends through the produce lanes, so delivered means that all in-sync replicas have it. An event with a key goes where
 * every Kafka client puts that key; one without to a partition that depends on its position, the same at every attempt.
 * A topic that is gone, unsafe or not acknowledged speaks against the target, as an unreachable receiver does: the
 * subscription is held. What the broker will never take is a dead letter.
 */
export function createKafkaSender({ topic, lanes, admin, timeoutMs }: KafkaSenderOptions): KafkaSender {
  let known: { look: Promise<Look>; atMs: number } | undefined
  const look = () => {
    const nowMs = performance.now()
    if (known === undefined || nowMs - known.atMs > lookAgainMs) known = { look: lookAt(topic, admin), atMs: nowMs }
    return known.look
  }
  const append = async (request: AttemptRequest, mayStart: () => boolean): Promise<Decision> => {
    const found = await look()
    if (found.kind === 'unusable') {
      known = undefined
      return decision('retry', 'connection', found)
    }
    const { record } = request
    const { key, partition: from, offset } = record
    const partition =
      key === null ? Math.abs(from + offset) % found.partitions : lanes.partitionForKey(key, found.partitions)
    if (!mayStart()) return decision('retry', 'none', heldBack)
    try {
      const at = await lanes.append(topic, partition, forwardedRecord(request))
      return decision('delivered', 'up', { code: 'stored', detail: `stored as ${topic}/${partition}/${at}` })
    } catch (error) {
      // perhaps it was made anew, with other partitions
      known = undefined
      return decideError(error)
    }
  }
  return {
    async attempt(request, { mayStart = always } = {}) {
      if (isLoop(request)) return { ...decision('dead-letter', 'up', loop), cause: 'target-refused' }
      const { promise: tooLate, resolve } = Promise.withResolvers<Decision>()
      let isOver = false
      const timer = setTimeout(() => {
        isOver = true
        resolve(decision('retry', 'connection', late(timeoutMs)))
      }, timeoutMs)
      try {
        return await Promise.race([append(request, () => !isOver && mayStart()), tooLate])
      } finally {
        clearTimeout(timer)
      }
    },
  }
}

async function lookAt(topic: string, admin: KafkaSenderOptions['admin']): Promise<Look> {
  try {
    const description = await admin.describeTopic(topic)
    if (description === undefined) return unusable('topic-unknown', `there is no topic ${topic}`)
    const reasons = await admin.unsafeTopicReasons(topic)
    if (reasons.length > 0) return unusable('topic-unsafe', `topic ${topic} is not safe: ${reasons.join(', ')}`)
    return { kind: 'usable', partitions: description.partitions.length }
  } catch (error) {
    return unusable('kafka-unavailable', error instanceof TailraceError ? error.detail : 'Kafka does not answer')
  }
}

const unusable = (code: string, detail: string): Look => ({ kind: 'unusable', code, detail })

type Words = { code: string; detail: string }

const always = () => true

const heldBack: Words = { code: 'aborted', detail: 'it may not start any more' }

const loop: Words = { code: 'loop', detail: 'the event came through this subscription before, or through too many' }

const late = (timeoutMs: number): Words => ({
  code: 'kafka-timeout',
  detail: `Kafka has not acknowledged it within ${timeoutMs} ms`,
})

/** Rejections of a produce lane. Others are bugs of ours, and an event is no reason to lose it. */
function decideError(error: unknown): Decision {
  if (!(error instanceof TailraceError)) return decision('retry', 'none', { code: 'internal', detail: String(error) })
  const { code, detail } = error
  switch (code) {
    case 'event-too-large':
      return refused({ code: 'too-large', detail }, 'too-large')
    case 'event-invalid':
      return refused({ code, detail }, 'refused')
    case 'stopping':
      return decision('retry', 'none', { code: 'aborted', detail })
    case 'outcome-unknown':
      // This instance stops while it is under way; or a broker said something that nobody here knows.
      return isStopping(error.cause)
        ? decision('retry', 'none', { code: 'aborted', detail })
        : decision('retry', 'connection', { code: 'kafka-unexplained', detail })
    case 'overloaded':
      return { ...decision('target-waits', 'none', { code, detail }), retryAfterMs: 1_000 }
    case 'stream-unknown':
      return decision('retry', 'connection', { code: 'topic-unknown', detail })
    default:
      return decision('retry', 'connection', { code, detail })
  }
}

const isStopping = (cause: unknown) => cause instanceof TailraceError && cause.code === 'stopping'

const refused = (words: Words, cause: DeadLetterCause): Decision => ({ ...decision('dead-letter', 'up', words), cause })

function decision(kind: Decision['kind'], evidence: Decision['evidence'], { code, detail }: Words): Decision {
  return { kind, code, detail, evidence, quickRetry: false, retryAfterMs: null, cause: null }
}

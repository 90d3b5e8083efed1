import { type KcatRecord, readTopic, topicExists } from '../support/kcat.ts'
import { type Following, followTopic } from '../support/kcat-follow.ts'
import {
  type Content,
  type DeadLetterLine,
  type LogLine,
  monotonicNsAt,
  parseEventId,
  type RereadLine,
  type RetryLine,
  sha256,
} from './history.ts'
import { historyId } from './load/receipt.ts'
import { retryLine } from './retry-tap.ts'

export type TapOptions = { brokers: readonly string[]; run: string; topic: string }

/** The whole topic of a stream as history lines, read by a Kafka client that shares no code with the service. */
export async function* tapLog({ brokers, run, topic }: TapOptions): AsyncGenerator<LogLine> {
  for await (const record of readTopic(brokers, topic)) {
    const { partition, offset, timestampMs } = record
    const content = contentOf(record)
    yield { op: 'log', run, actor: 'tap', ns: monotonicNsAt(timestampMs), topic, partition, offset, ...content }
  }
}

/** Where each record of a stream stands and what it is, seen while the run lasts: a second look at what `tapLog` reads at its end. */
export function followLog({ brokers, run, topic }: TapOptions, append: (line: RereadLine) => void): Following {
  return followTopic(brokers, topic, (record) => {
    const { partition, offset, timestampMs } = record
    const { id, sha256: digest } = contentOf(record)
    const ns = monotonicNsAt(timestampMs)
    append({ op: 'reread', run, actor: 'follower', ns, topic, partition, offset, id, sha256: digest })
  })
}

/** The dead letters of one run; the topic holds those of all runs and subscriptions. */
export async function* tapDeadLetters({ brokers, run, topic }: TapOptions): AsyncGenerator<DeadLetterLine> {
  for await (const record of readTopic(brokers, topic)) {
    const { partition, offset, timestampMs, headers } = record
    const content = contentOf(record)
    if (parseEventId(content.id)?.run !== run) continue
    const subscription = headers.tailrace_subscription ?? ''
    yield {
      op: 'dead-letter',
      run,
      actor: 'tap',
      ns: monotonicNsAt(timestampMs),
      topic,
      partition,
      offset,
      subscription,
      headers,
      ...content,
    }
  }
}

/** What is left of a retry topic; nothing where there is none. */
export async function* tapRetryTopic(options: TapOptions & { subscription: string }): AsyncGenerator<RetryLine> {
  const { brokers, run, topic, subscription } = options
  if (!(await topicExists(brokers, topic))) return
  for await (const record of readTopic(brokers, topic)) {
    const line = retryLine(record, { run, subscription, topic })
    if (line !== undefined) yield line
  }
}

function contentOf({ headers, value }: KcatRecord): Content & { id: string } {
  const named = Object.entries(headers).filter(([name]) => name.startsWith('ce_'))
  const attributes = Object.fromEntries(named.map(([name, text]) => [name.slice(3), text]))
  return {
    id: historyId(attributes),
    attributes,
    contentType: headers['content-type'] ?? '',
    sha256: sha256(value ?? Buffer.alloc(0)),
  }
}

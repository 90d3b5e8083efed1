import {
  type DeadLetterLine,
  type FaultLine,
  formatEventId,
  type HistoryLine,
  type LogLine,
  type PublishLine,
  type ReceiveLine,
  type ResumeLine,
  type RetryLine,
  type Serving,
  sha256,
} from '../../chaos/history.ts'

export const scope = { subscription: 'billing', stream: 'orders' }

const stepNs = 1e6

/** A run without any fault: `keys` keys of one publisher, `perKey` events each, all acknowledged and delivered once. */
export function faultlessRun(keys: number, perKey: number): HistoryLine[] {
  const lines: HistoryLine[] = []
  for (let seq = 0; seq < perKey; seq += 1) {
    for (let key = 0; key < keys; key += 1)
      lines.push(...faultlessEvent(`k${key}`, seq, (seq * keys + key) * 4 * stepNs))
  }
  return lines
}

/** Publish, log and receive line of one event, each a millisecond after the other. */
export function faultlessEvent(key: string, seq: number, startNs: number, publisher = 'p1'): HistoryLine[] {
  const id = formatEventId({ run: 'r', publisher, key, seq })
  const content = { sha256: sha256(id), contentType: 'application/json', attributes: { id, type: 'order.created' } }
  const place = { topic: 'tailrace.events.orders', partition: 0, offset: startNs / stepNs }
  const publish: PublishLine = {
    ...content,
    ...{ op: 'publish', run: 'r', actor: publisher, ns: startNs + stepNs, stream: scope.stream, key, seq, id },
    ...{
      outcome: 'acknowledged',
      status: 202,
      code: null,
      attempt: 1,
      dueNs: startNs,
      sentNs: startNs,
      position: place,
    },
  }
  const log: LogLine = { ...content, ...place, op: 'log', run: 'r', actor: 'tap', ns: startNs, id }
  const receive: ReceiveLine = {
    ...content,
    ...{ op: 'receive', run: 'r', actor: 'receiver', subscription: scope.subscription, id, status: 204, attempt: 1 },
    ...{ arrivedNs: startNs + 2 * stepNs, ns: startNs + 3 * stepNs, partition: 0 },
    ...{ offset: place.offset, verified: true, sender: 1, job: null },
  }
  return [publish, log, receive]
}

/** The dead letter that belongs to a receive line. */
export const deadLetterOf = (line: ReceiveLine): DeadLetterLine => ({
  ...line,
  op: 'dead-letter',
  topic: 'tailrace.dead-letters',
  offset: 1,
  headers: {
    tailrace_source: `tailrace.events.orders/${line.partition}/${line.offset}`,
    tailrace_subscription: scope.subscription,
    tailrace_cause: 'refused',
    tailrace_code: 'status-422',
    tailrace_attempts: '1',
    tailrace_first_attempt: '2026-11-21T10:02:11.402Z',
    tailrace_last_attempt: '2026-11-21T10:02:11.402Z',
  },
})

/** Changes the lines of one kind and event; undefined takes the line out. */
export function altered<Op extends HistoryLine['op']>(
  lines: readonly HistoryLine[],
  { op, id }: { op: Op; id: string },
  change: (line: Extract<HistoryLine, { op: Op }>) => HistoryLine | undefined,
): HistoryLine[] {
  const isMeant = (line: HistoryLine): line is Extract<HistoryLine, { op: Op }> =>
    line.op === op && 'id' in line && line.id === id
  return lines.flatMap((line) => (isMeant(line) ? (change(line) ?? []) : line))
}

const seen = (atMs: number) => ({ run: 'r', actor: 'driver', ns: atMs * stepNs })

/** A fault at `atMs`, and when it was undone and all was whole again, if that was waited for. */
export function faultLines(atMs: number, fault: Partial<FaultLine> & { undoneMs?: number; wholeMs?: number } = {}) {
  const { undoneMs, wholeMs, ...rest } = fault
  const lines: HistoryLine[] = [{ op: 'fault', ...seen(atMs), fault: 'kill-consumer', victim: 'consumer-1', ...rest }]
  if (undoneMs !== undefined) lines.push({ op: 'undone', ...seen(undoneMs) })
  if (wholeMs !== undefined) lines.push({ op: 'whole', ...seen(wholeMs) })
  return lines
}

/** From `atMs` on a receiver serves like this. */
export const modeLine = (atMs: number, serves: Serving, subscription = scope.subscription): HistoryLine => ({
  ...{ op: 'mode', ...seen(atMs), subscription, serves },
})

/** An instance goes on with the subscription. */
export const resumeLine = (atMs: number, reason: ResumeLine['reason']): ResumeLine => ({
  ...{ op: 'resume', ...seen(atMs), subscription: scope.subscription, reason },
})

/** A park of the event at an offset of partition 0. */
export const parkLine = (offset: number, atMs: number, more: Partial<RetryLine> = {}): RetryLine => ({
  ...{ op: 'retry', ...seen(atMs), subscription: scope.subscription, kind: 'park', owner: 'me', partition: 0 },
  ...{ topic: 'tailrace.retry.billing.k3v9q2', offset: 1 + offset },
  source: { topic: 'tailrace.events.orders', partition: 0, offset },
  ...more,
})

/** The answers of a receiver to one event, at these times. */
export function answersTo(
  lines: readonly HistoryLine[],
  answers: readonly (Partial<ReceiveLine> & { atMs: number })[],
) {
  const line = lines.find((one): one is ReceiveLine => one.op === 'receive')
  if (line === undefined) throw new Error('the event was not delivered')
  return answers.map(({ atMs, ...rest }): ReceiveLine => ({ ...line, arrivedNs: atMs * 1e6, ns: atMs * 1e6, ...rest }))
}

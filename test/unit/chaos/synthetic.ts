import {
  type DeadLetterLine,
  formatEventId,
  type HistoryLine,
  type LogLine,
  type PublishLine,
  type ReceiveLine,
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
    tailrace_source: 'tailrace.events.orders/0/7',
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

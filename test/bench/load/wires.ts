import { until } from '../../support/until.ts'
import { type Connection, openConnection } from './connection.ts'
import type { RequestTemplate } from './request-template.ts'
import type { Tally } from './tally.ts'

/** A load that runs until it is stopped; `stop` resolves when the requests under way are answered or given up. */
export type Loop = { stop(): Promise<void> }

/** What sends: a connection, its own request, and since when (or for when) one is under way. */
export type Wire = { connection: Connection; template: RequestTemplate }

export type LoopOptions = {
  host: string
  port: number
  connections: number
  newTemplate: () => RequestTemplate
  tally: Tally
}

const lastAnswerLimitMs = 10_000

export function openWires({ host, port, connections, newTemplate }: LoopOptions): Wire[] {
  return Array.from({ length: connections }, () => ({
    connection: openConnection({ host, port }),
    template: newTemplate(),
  }))
}

/** Waits for the answers of `underWay`; those that do not come within 10 s are on record as missing. */
export async function settleWires(
  wires: readonly Wire[],
  underWay: Set<{ atMs: number }>,
  tally: Tally,
): Promise<void> {
  await until('all are answered', () => underWay.size === 0, lastAnswerLimitMs).catch(() => {})
  for (const { atMs } of underWay) tally.record({ atMs, latencyMs: Number.NaN, answer: 'missing' })
  underWay.clear()
  for (const { connection } of wires) connection.close()
}

import { Pool } from 'undici'
import { type LogPosition, monotonicNs, type PublishLine } from '../history.ts'
import type { OutgoingEvent } from './event.ts'

export type DoorOptions = { url: string; stream: string; apiKey: string; timeoutMs: number }

/** One request and how it ended, ready to become a history line. */
export type Answer = Pick<PublishLine, 'outcome' | 'status' | 'code' | 'position' | 'sentNs' | 'ns'>

export type Door = { publish(event: OutgoingEvent): Promise<Answer>; close(): Promise<void> }

/** The publishing side of a producer. `publish` never throws: what cannot be known is an `unknown` outcome. */
export function openDoor({ url, stream, apiKey, timeoutMs }: DoorOptions): Door {
  const pool = new Pool(url, { connections: 512, headersTimeout: 0, bodyTimeout: 0 })
  return {
    async publish(event) {
      const sentNs = monotonicNs()
      try {
        const { statusCode, body } = await pool.request({
          method: 'POST',
          path: `/v1/streams/${stream}/events${event.query}`,
          headers: { ...event.headers, authorization: `Bearer ${apiKey}` },
          body: event.body,
          signal: AbortSignal.timeout(timeoutMs),
        })
        return { sentNs, ...judgeAnswer(statusCode, await body.text()), ns: monotonicNs() }
      } catch (error) {
        return { sentNs, ...judgeFailure(error), ns: monotonicNs() }
      }
    },
    close: () => pool.destroy(),
  }
}

/** Answers of the service that promise that nothing was stored. */
const nothingStored = new Set(['kafka-unavailable', 'overloaded', 'stopping', 'catalog-stale', 'rate-limited'])

/** The answer to a repeat while nobody knows yet what became of the first request. */
export const stillRunning = 'idempotency-in-progress'

type Judged = Omit<Answer, 'sentNs' | 'ns'>

export function judgeAnswer(status: number, text: string): Judged {
  const answer = parseObject(text)
  const code = typeof answer.code === 'string' ? answer.code : null
  if (status >= 200 && status < 300) return { outcome: 'acknowledged', status, code, position: positionOf(answer) }
  const refused = (status < 500 && code !== stillRunning) || (code !== null && nothingStored.has(code))
  return { outcome: refused ? 'refused' : 'unknown', status, code, position: null }
}

function judgeFailure(error: unknown): Judged {
  const code = error instanceof Error ? ((error as NodeJS.ErrnoException).code ?? error.name) : String(error)
  return { outcome: code === 'ECONNREFUSED' ? 'refused' : 'unknown', status: null, code: String(code), position: null }
}

function positionOf({ stream, partition, offset }: Record<string, unknown>): LogPosition | null {
  if (typeof stream !== 'string' || typeof partition !== 'number' || typeof offset !== 'number') return null
  return { topic: stream, partition, offset }
}

function parseObject(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {}
  } catch {
    return {}
  }
}

import { Pool } from 'undici'
import type { Receiver } from '../../support/receiver.ts'
import type { Stack } from '../../support/stack.ts'
import { until } from '../../support/until.ts'
import { evenSchedule } from '../load/schedule.ts'
import { type Spread, spreadOf } from '../spread.ts'
import type { EndToEndScenario } from './scenarios.ts'

export type EndToEndMeasurement = {
  /** Of the seconds that count. */
  events: number
  arrived: number
  /** Ms from the moment an event was due to its arrival: a late publisher counts against the product. */
  latencyMs: Spread
  /** Answers that were no 202. */
  errors: number
}

export type Place = {
  stack: Stack
  stream: string
  apiKey: string
  receiver: Receiver
  warmUpMs: number
  measuredMs: number
  signal: AbortSignal
}

const connections = 32
const keys = 1_000

/** Publishes at the rate of the scenario and follows each event to the receiver, in this process: there is one clock. */
export async function measureEndToEnd({ perSecond }: EndToEndScenario, place: Place): Promise<EndToEndMeasurement> {
  const { stack, stream, apiKey, receiver, warmUpMs, measuredMs, signal } = place
  const pool = new Pool(stack.publishUrl, { connections })
  const run = String(performance.now())
  const dueMs: number[] = []
  let [errors, open] = [0, 0]
  const publish = async (number: number) => {
    open += 1
    const { statusCode, body } = await pool.request({
      ...{ method: 'POST', path: `/v1/streams/${stream}/events?type=bench.tick&key=k${number % keys}` },
      headers: { authorization: `Bearer ${apiKey}`, 'content-type': 'application/json' },
      body: JSON.stringify({ run, number }),
    })
    await body.dump()
    if (statusCode !== 202) errors += 1
    open -= 1
  }
  try {
    const startMs = performance.now()
    const schedule = evenSchedule({ startMs, perSecond })
    const first = Math.ceil((warmUpMs / 1_000) * perSecond)
    const last = first + Math.floor((measuredMs / 1_000) * perSecond)
    while (dueMs.length < last) {
      signal.throwIfAborted()
      for (const due of schedule.takeDue(performance.now())) {
        if (dueMs.length === last) break
        void publish(dueMs.length).catch(() => {
          errors += 1
          open -= 1
        })
        dueMs.push(due)
      }
      await new Promise((resolve) => setTimeout(resolve, schedule.waitMs(performance.now())))
    }
    const arrivals = new Map<number, number>()
    let seen = 0
    await until('everything has arrived', () => {
      for (; seen < receiver.requests.length; seen += 1) note(arrivals, receiver.requests[seen], run)
      return open === 0 && arrivals.size >= last - errors
    })
    const numbers = [...arrivals.keys()].filter((number) => number >= first)
    const latencies = numbers.map((number) => (arrivals.get(number) ?? Number.NaN) - (dueMs[number] ?? Number.NaN))
    return { events: last - first, arrived: numbers.length, latencyMs: spreadOf(latencies), errors }
  } finally {
    await pool.close()
  }
}

function note(arrivals: Map<number, number>, request: Receiver['requests'][number] | undefined, wanted: string): void {
  if (request === undefined) return
  const { run, number } = JSON.parse(request.body.toString()) as { run?: string; number?: number }
  if (run === wanted && number !== undefined && !arrivals.has(number)) arrivals.set(number, request.atMs)
}

import { Pool } from 'undici'
import type { Stack } from '../../support/stack.ts'
import { evenSchedule } from '../load/schedule.ts'

type Load = { stack: Stack; stream: string; perSecond: number }

const perBatch = 100
const keys = 1_000

/** Publishes so many events a second in batches of 100, which costs the machine little, until it is stopped. */
export function publishBatches({ stack, stream, perSecond }: Load): { stop(): Promise<void> } {
  const pool = new Pool(stack.publishUrl, { connections: 4 })
  const stopping = new AbortController()
  let published = 0
  const publish = async () => {
    const lines = Array.from({ length: perBatch }, (_, index) => lineOf(published + index))
    published += perBatch
    const { body } = await pool.request({
      ...{ method: 'POST', path: `/v1/streams/${stream}/events`, body: `[${lines.join(',')}]` },
      headers: { authorization: `Bearer ${stack.adminKey}`, 'content-type': 'application/cloudevents-batch+json' },
    })
    await body.dump()
  }
  const run = async () => {
    const schedule = evenSchedule({ startMs: performance.now(), perSecond: perSecond / perBatch })
    while (!stopping.signal.aborted) {
      // One that fails is one less on the receiver's count.
      for (const _ of schedule.takeDue(performance.now())) void publish().catch(() => {})
      await new Promise((resolve) => setTimeout(resolve, schedule.waitMs(performance.now())))
    }
  }
  const running = run()
  return {
    async stop() {
      stopping.abort()
      await running
      await pool.destroy()
    },
  }
}

function lineOf(number: number): string {
  const key = `customer-${number % keys}`
  const named = { specversion: '1.0', id: `page-${number}`, source: '/bench', type: 'order.created', partitionkey: key }
  return JSON.stringify({ ...named, datacontenttype: 'application/json', data: { total: number % 500 } })
}

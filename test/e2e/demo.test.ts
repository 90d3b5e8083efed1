import { describe, it } from 'node:test'
import { defer } from '../support/defer.ts'
import { startStack } from '../support/stack.ts'
import { until } from '../support/until.ts'

/** Its troubles come round in two minutes. */
const roundMs = 150_000

type Item = { id: string; state: string }

describe('npm start -- --demo', () => {
  it('shows traffic, an event that is tried again and arrives, a dead letter, and a hold that ends', async (t) => {
    const stack = await startStack({ flags: ['--demo'] })
    defer(t, stack.stop)
    const { api } = stack
    const get = async <T>(path: string): Promise<T> => JSON.parse((await api.call({ method: 'GET', path })).text)
    const phaseOf = async (name: string) => (await api.subscription(name)).status.phase
    const isFlowing = async () =>
      (await get<{ status: { eventsPerSecond: number } }>('/v1/streams/demo')).status.eventsPerSecond > 0
    await until('events flow', isFlowing)
    await until('demo-search is held', async () => (await phaseOf('demo-search')) === 'held', roundMs)
    await until('demo-search goes on', async () => (await phaseOf('demo-search')) === 'active', roundMs)
    const failed = await until('an event is tried again', async () => {
      const { items } = await get<{ items: Item[] }>('/v1/deliveries?subscription=demo-inbox&state=retrying')
      return items[0]
    })
    await until('it arrives', async () => (await get<Item>(`/v1/deliveries/${failed.id}`)).state === 'delivered')
    const isAnyDead = async () => (await get<{ total: number }>('/v1/dead-letters/summary?groupBy=cause')).total > 0
    await until('there is a dead letter', isAnyDead, roundMs)
  })
})

import type { Stack, StackProcess } from '../../support/stack.ts'
import { until } from '../../support/until.ts'

type State = { subscriptions: { name: string; partitions: { partition: number; owner: string | null }[] }[] }

/** Waits until every partition has an owner, and every consumer that lives owns some, or there is one for each partition. */
export async function untilShared(stack: Stack, subscription: string): Promise<void> {
  await until(`all consumers share ${subscription}`, async () => {
    const owners = await ownersOf(stack, subscription)
    const consumers = (await stack.processes()).filter(({ service }) => service.endsWith('consumer'))
    return new Set([...owners.values()].map(({ name }) => name)).size === Math.min(owners.size, consumers.length)
  })
}

/** The process that owns each partition of a subscription, once every partition has an owner that lives. */
export function ownersOf(stack: Stack, subscription: string): Promise<Map<number, StackProcess>> {
  return until(`every partition of ${subscription} has an owner`, async () => {
    const { text } = await stack.api.call({ method: 'GET', path: '/v1/state' })
    const found = (JSON.parse(text) as State).subscriptions.find(({ name }) => name === subscription)
    const processes = await stack.processes()
    const owners = new Map<number, StackProcess>()
    for (const { partition, owner } of found?.partitions ?? []) {
      const process = processes.find(({ name, instance = name }) => instance === owner)
      if (process !== undefined) owners.set(partition, process)
    }
    return owners.size > 0 && owners.size === found?.partitions.length && owners
  })
}

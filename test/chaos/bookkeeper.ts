import { request } from 'undici'
import type { System } from '../support/stack.ts'
import { until } from '../support/until.ts'
import type { Course } from './course.ts'
import { type AccountLine, type ConsumerCounters, type HistoryLine, monotonicNs } from './history.ts'

/** Asks the product what it has counted, before the first event and after the last one. */
export type Bookkeeper = {
  /** Which processes there are now. */
  lookAtProcesses(): Promise<void>
  /** Waits until the product says that nothing waits any more, or for 15 s, and writes its sums down. */
  close(courses: readonly Course[]): Promise<void>
}

type Options = { run: string; courses: readonly Course[] }

/** A figure of the console may be as old as its last look at Kafka and at the reports of the instances. */
const settleMs = 15_000

/** Counters only count where every delivery of the run is the product's. */
export async function openBooks(
  { api, processes }: System,
  { run, courses }: Options,
  append: (line: HistoryLine) => void,
): Promise<Bookkeeper> {
  const seen = () => ({ run, actor: 'bookkeeper', ns: monotonicNs() })
  const isProduct = (all: readonly Course[]) =>
    all.length > 0 && all.every(({ subscribed }) => subscribed !== undefined)
  const count = async () => {
    const consumers = await countersOf(processes)
    if (consumers.length > 0) append({ op: 'counters', ...seen(), consumers })
  }
  const lookAtProcesses = async () => {
    const all = (await processes?.()) ?? []
    const pids = Object.fromEntries(all.map(({ name, pid }) => [name, pid]))
    append({ op: 'processes', ...seen(), pids })
  }
  const account = async ({ scope }: Course) => {
    const { subscription, stream } = scope
    let last: AccountLine | undefined
    const isEven = async () => {
      last = { op: 'account', ...seen(), ...(await sumsOf(api, { subscription, stream })) }
      return last.lagEvents === 0 && last.retrying === 0
    }
    // Whoever never gets even is judged by the last sums.
    await until('nothing waits any more', isEven, settleMs).catch(() => {})
    if (last !== undefined) append(last)
  }
  await lookAtProcesses()
  if (isProduct(courses)) await count()
  return {
    lookAtProcesses,
    async close(all) {
      await lookAtProcesses()
      await Promise.all(all.filter(({ subscribed }) => subscribed !== undefined).map(account))
      if (isProduct(all)) await count()
    },
  }
}

type Names = { subscription: string; stream: string }

/** The lists make the console look at Kafka and at the dead letters now. */
async function sumsOf(api: System['api'], { subscription, stream }: Names) {
  await api.call({ method: 'GET', path: '/v1/state' })
  await api.call({ method: 'GET', path: `/v1/dead-letters?subscription=${subscription}&limit=1` })
  const { status } = await api.subscription(subscription)
  const { text } = await api.call({ method: 'GET', path: `/v1/streams/${stream}` })
  const { events } = (JSON.parse(text) as { status: { events: number | null } }).status
  const { lagEvents, retrying, deadLetters } = status
  return { subscription, events, lagEvents, retrying, deadLetters }
}

async function countersOf(processes: System['processes']): Promise<ConsumerCounters[]> {
  const consumers = ((await processes?.()) ?? []).filter(({ service }) => service.endsWith('consumer'))
  const all = consumers.map(async ({ name, pid, adminUrl }): Promise<ConsumerCounters[]> => {
    if (adminUrl === null) return []
    const text = await request(`${adminUrl}/metrics`)
      .then(({ body }) => body.text())
      .catch(() => '')
    const delivered = counted(text, 'delivered')
    return delivered === null ? [] : [{ name, pid, delivered, deadLettered: counted(text, 'dead-lettered') ?? 0 }]
  })
  return (await Promise.all(all)).flat()
}

/** Null where the process did not answer; a label that never occurred has no line. */
function counted(text: string, outcome: string): number | null {
  if (!text.includes('tailrace_deliveries_total')) return null
  const line = text.split('\n').find((one) => one.startsWith(`tailrace_deliveries_total{outcome="${outcome}"}`))
  return Number(line?.split(' ').at(-1) ?? 0)
}

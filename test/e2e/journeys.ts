import assert from 'node:assert/strict'
import type { Facts } from '../chaos/check/facts.ts'
import { parseEventId } from '../chaos/history.ts'
import type { Received } from '../support/receiver.ts'
import type { Stack } from '../support/stack.ts'

const atOnce = 4

/** An event as an independent reader of the log saw it. */
export type Logged = { id: string; key: string; partition: number; offset: number; position: string }

/** What the journey of an event must say about one subscription; what is left out may be anything. */
export type Expected = (event: Logged) => {
  state: string
  behind?: string
  isSettled?: boolean
  mostAttempts?: number
}

type Delivery = {
  subscription: string
  position: string
  state: string
  because: string | null
  behind: string | null
  attempts: number
  settledAt: string | null
}

export function loggedEvents({ log }: Facts): Logged[] {
  const lines = [...(log ?? [])].flatMap(([id, all]) => all.map((line) => ({ id, line })))
  return lines.map(({ id, line: { topic, partition, offset } }) => {
    const { key, run } = parseEventId(id) ?? { key: '', run: '' }
    assert.ok(topic.endsWith(run), `${id} is of this run`)
    return { id, key, partition, offset, position: `${run}-${partition}-${offset}` }
  })
}

/** What a receiver of the history saw: the instance that was killed could not tell of its last attempts. */
export function receivedState({ receipts }: Facts, subscription: string): Expected {
  return ({ id, partition, offset }) => {
    const all = receipts.get(subscription)?.get(id) ?? []
    const seen = all.filter((one) => one.partition === partition && one.offset === offset)
    const isDelivered = seen.some(({ status }) => status < 300)
    return { state: isDelivered ? 'delivered' : 'not delivered', mostAttempts: seen.length }
  }
}

export const positionsOf = (requests: readonly Received[]): Set<string> =>
  new Set(requests.map(({ headers }) => String(headers['tailrace-position'])))

export function randomly(all: readonly Logged[], count: number): Logged[] {
  assert.ok(all.length >= count, `${all.length} events are in the log`)
  return Array.from({ length: count }, () => all[Math.floor(Math.random() * all.length)]).filter(
    (event) => event !== undefined,
  )
}

type Question = { api: Stack['api']; expected: Readonly<Record<string, Expected>> }

/** What the API says otherwise than expected about these events; and how often each state was right. */
export async function disagreements({ api, expected }: Question, events: readonly Logged[]) {
  const wrong: string[] = []
  const seen = new Map<string, number>()
  const compare = async (event: Logged) => {
    const { status, text } = await api.call({ method: 'GET', path: `/v1/events/${event.position}` })
    if (status !== 200) {
      wrong.push(`${event.position}: ${status} ${text}`)
      return
    }
    const { deliveries } = JSON.parse(text) as { deliveries: Delivery[] }
    for (const [name, expect] of Object.entries(expected)) {
      const told = deliveries.find((one) => one.subscription === name && one.position === event.position)
      const fault = faultOf(told, expect(event))
      if (fault !== null) wrong.push(`${event.position} for ${name}: ${fault} (${told?.because})`)
      else seen.set(told?.state ?? '', (seen.get(told?.state ?? '') ?? 0) + 1)
    }
  }
  const rest = [...events]
  const work = async () => {
    for (let event = rest.pop(); event !== undefined; event = rest.pop()) await compare(event)
  }
  await Promise.all(Array.from({ length: atOnce }, work))
  return { wrong, seen }
}

function faultOf(told: Delivery | undefined, expected: ReturnType<Expected>): string | null {
  const { state, behind = null, isSettled, mostAttempts } = expected
  if (told?.state !== state) return `${told?.state}, but ${state}`
  if (told.behind !== behind) return `behind ${told.behind}, but ${behind}`
  if (isSettled === true && told.settledAt === null) return 'it does not say since when'
  if (mostAttempts !== undefined && (told.attempts < 1 || told.attempts > mostAttempts))
    return `${told.attempts} attempts of ${mostAttempts}`
  return null
}

import { brokerIds } from '../../../services/cli/up/broker.ts'
import { routeTo, type WayIn } from '../preparations/proxied-brokers.ts'
import type { Proxies } from '../proxy/proxies.ts'
import type { Rule } from '../proxy/rules.ts'
import { given, rest, type Scene } from './fault.ts'

/** Nothing that the first one says reaches the second one. */
export type Cut = readonly [from: number, to: number]

/** Rules by route. */
export type Rules = readonly (readonly [route: string, rules: readonly Rule[]])[]

/** What the client ids of a broker look like: of its fetchers, of its part in the quorum, of its talks with the controller. */
const clientsOf = (id: number): string => `^(broker-${id}-.*|raft-client-${id}|${id})$`

/** Each broker with each other one, both ways. */
export const between = (broker: number, others: readonly number[]): Cut[] =>
  others.flatMap((other): Cut[] => [
    [broker, other],
    [other, broker],
  ])

export const othersThan = (broker: number): number[] => brokerIds.filter((id) => id !== broker)

/** What makes these cuts: on each way to each broker what each other one asks, and what it is answered. */
export function rulesOf(cuts: readonly Cut[], ways: readonly WayIn[]): Rules {
  const isCut = (from: number, to: number) => cuts.some(([one, other]) => one === from && other === to)
  const ruleOf = (server: number, client: number): Rule[] => {
    const [up, down] = [isCut(client, server), isCut(server, client)]
    return up || down ? [{ clients: clientsOf(client), up: { isCut: up }, down: { isCut: down } }] : []
  }
  return brokerIds.flatMap((server) => {
    const rules = othersThan(server).flatMap((client) => ruleOf(server, client))
    return rules.length === 0 ? [] : ways.map((way) => [routeTo(server, way), rules] as const)
  })
}

const nothing = () => Promise.resolve()

/** The same rules on the way of all clients to every broker. */
export const forClients = (rule: Rule): Rules => brokerIds.map((id) => [routeTo(id, 'clients'), [rule]] as const)

/** Has rules in force for a while and until `meanwhile` has seen what it waits for, or until `signal` aborts. */
export async function inForce(
  { proxies, signal }: Where,
  rules: Rules,
  ms: number,
  meanwhile = nothing,
): Promise<void> {
  try {
    await Promise.all(rules.map(([route, some]) => proxies.rule(route, some)))
    await Promise.all([rest({ signal }, ms), meanwhile()])
  } finally {
    await proxies.clear()
  }
}

export type Where = { proxies: Proxies; signal: AbortSignal | undefined }

type Resets = { routes: readonly string[]; times: number; everyMs: number }

/** Resets every connection of these routes, again and again; how many there were. Throws when there was none. */
export async function resetAgain({ proxies, signal }: Where, { routes, times, everyMs }: Resets): Promise<number> {
  let count = 0
  for (let time = 0; time < times; time += 1) {
    for (const one of await Promise.all(routes.map((route) => proxies.reset(route)))) count += one
    await rest({ signal }, everyMs)
  }
  if (count === 0) throw new Error('no connection was there to reset')
  return count
}

/** The proxies in front of the brokers. */
export const atBrokers = (scene: Scene): Where => ({ proxies: given(scene, 'proxies'), signal: scene.signal })

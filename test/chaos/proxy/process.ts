/*
 * The proxies of one stack as a process of their own: a thousand events a second through the event loop of the driver would
 * delay what it writes into the history. Commands come over IPC, each is answered under its number.
 */
import { createServer, type Server } from 'node:net'
import { join, type RouteState } from './connection.ts'
import type { Route, RouteStatus, Rule } from './rules.ts'

export type Command =
  /** Answered with the port on which the route listens. */
  | { type: 'open'; route: Route }
  | { type: 'rules'; route: string; rules: readonly Rule[] }
  /** Resets every connection of a route; answered with how many there were. */
  | { type: 'reset'; route: string }
  | { type: 'status'; route: string }

export type Numbered = { number: number; command: Command }
export type Answer = { number: number; result?: number | RouteStatus; error?: string }

const routes = new Map<string, RouteState>()

process.on('message', (message: Numbered) => void answer(message))
process.once('disconnect', () => process.exit(0))

async function answer({ number, command }: Numbered): Promise<void> {
  try {
    process.send?.({ number, result: await obey(command) } satisfies Answer)
  } catch (error) {
    process.send?.({ number, error: String(error) } satisfies Answer)
  }
}

async function obey(command: Command): Promise<number | RouteStatus> {
  if (command.type === 'open') return open(command.route)
  const state = routes.get(command.route)
  if (state === undefined) throw new Error(`no route is called ${command.route}`)
  const { connections, clients, produced, lost } = state
  switch (command.type) {
    case 'rules':
      state.rules = command.rules.map((rule) => ({ clients: new RegExp(rule.clients ?? ''), rule }))
      for (const connection of connections) connection.wake()
      return connections.size
    case 'reset':
      for (const connection of connections) connection.reset()
      return connections.size
    case 'status':
      return { connections: connections.size, clients: [...clients], produced, lost }
    default:
      return command satisfies never
  }
}

async function open(route: Route): Promise<number> {
  const idle = () => ({ freeAtMs: 0 })
  const counts = { produced: 0, lost: 0, up: idle(), down: idle() }
  const state: RouteState = { route, rules: [], connections: new Set(), clients: new Set(), ...counts }
  const server = createServer({ allowHalfOpen: true, noDelay: true }, (client) => join(client, state))
  const port = await listen(server, route.port ?? 0)
  routes.set(route.name, state)
  return port
}

const listen = (server: Server, wanted: number): Promise<number> =>
  new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(wanted, '127.0.0.1', () => {
      const address = server.address()
      resolve(typeof address === 'object' && address !== null ? address.port : 0)
    })
  })

import { once } from 'node:events'
import { forkBeside } from '../load/children.ts'
import type { Answer, Command, Numbered } from './process.ts'
import type { Route, RouteStatus, Rule } from './rules.ts'

/** TCP proxies, all in one process of their own. */
export type Proxies = {
  /** Listens for an upstream from now on; returns the port. */
  open(route: Route): Promise<number>
  /** From now on, also for connections that are there: these rules instead of those before. */
  rule(route: string, rules: readonly Rule[]): Promise<void>
  /** Takes the rules of every route back. */
  clear(): Promise<void>
  /** Resets every connection of a route; returns how many there were. */
  reset(route: string): Promise<number>
  status(route: string): Promise<RouteStatus>
  /** Ends the process and every connection. */
  stop(): Promise<void>
}

type Waiting = { resolve: (result: Answer['result']) => void; reject: (error: Error) => void }

/** Starts the process; no route is open yet. */
export function startProxies(): Proxies {
  const child = forkBeside('../proxy/process.ts')
  const exited = once(child, 'exit')
  const waiting = new Map<number, Waiting>()
  const names = new Set<string>()
  let count = 0
  child.on('message', ({ number, result, error }: Answer) => {
    const { resolve, reject } = waiting.get(number) ?? {}
    waiting.delete(number)
    if (error === undefined) resolve?.(result)
    else reject?.(new Error(`the proxies: ${error}`))
  })
  void exited.then(() => {
    for (const { reject } of waiting.values()) reject(new Error('the proxies have ended'))
  })
  const ask = <T extends Answer['result']>(command: Command): Promise<T> => {
    const answer = Promise.withResolvers<Answer['result']>()
    count += 1
    waiting.set(count, answer)
    child.send({ number: count, command } satisfies Numbered, (error) => {
      if (error !== null) answer.reject(error)
    })
    return answer.promise as Promise<T>
  }
  const rule = async (route: string, rules: readonly Rule[]) =>
    void (await ask<number>({ type: 'rules', route, rules }))
  return {
    async open(route) {
      const port = await ask<number>({ type: 'open', route })
      names.add(route.name)
      return port
    },
    rule,
    clear: async () => void (await Promise.all([...names].map((name) => rule(name, [])))),
    reset: (route) => ask<number>({ type: 'reset', route }),
    status: (route) => ask<RouteStatus>({ type: 'status', route }),
    async stop() {
      child.kill('SIGKILL')
      await exited
    },
  }
}

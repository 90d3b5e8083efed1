import { once } from 'node:events'
import { createServer } from 'node:net'

/** A port that nobody listened on a moment ago. */
export const freePort = (): Promise<number> => tryPort(0)

/** One below `limit`, for who must not lose it to an outgoing connection before it listens. */
export async function freePortBelow(limit: number): Promise<number> {
  for (let tries = 0; tries < 200; tries += 1) {
    const port = await tryPort(limit - 1 - Math.floor(Math.random() * 10_000)).catch(() => undefined)
    if (port !== undefined) return port
  }
  throw new Error(`no port below ${limit} is free`)
}

async function tryPort(port: number): Promise<number> {
  const server = createServer().listen(port, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  return typeof address === 'object' && address !== null ? address.port : 0
}

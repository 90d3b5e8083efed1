import { once } from 'node:events'
import { createServer } from 'node:net'

/** A port that nobody listened on a moment ago. */
export const freePort = (): Promise<number> => tryPort(0)

/** From here on Linux lends ports to outgoing connections. */
const lowestLent = 32_768

/** One that Linux lends to nobody, for who must not lose it to an outgoing connection before it listens. */
export async function freeUnlentPort(): Promise<number> {
  for (let tries = 0; tries < 200; tries += 1) {
    const port = await tryPort(lowestLent - 1 - Math.floor(Math.random() * 10_000)).catch(() => undefined)
    if (port !== undefined) return port
  }
  throw new Error(`no port below ${lowestLent} is free`)
}

async function tryPort(port: number): Promise<number> {
  const server = createServer().listen(port, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  return typeof address === 'object' && address !== null ? address.port : 0
}

import { once } from 'node:events'
import { type AddressInfo, connect, createServer } from 'node:net'

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

/**
 * Keeps a port for a server that closed and will listen on it again: it is lent to nobody, and connections to it are
 * refused. Returns how to let go, for when the server listens.
 */
export async function holdPort(port: number): Promise<() => void> {
  const server = createServer((socket) => socket.resume()).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const taken = once(server, 'connection')
  const { address, port: other } = server.address() as AddressInfo
  const socket = connect({ port: other, host: address, localAddress: address, localPort: port })
  try {
    await Promise.all([taken, once(socket, 'connect')])
  } finally {
    server.close()
  }
  return () => socket.destroy()
}

async function tryPort(port: number): Promise<number> {
  const server = createServer().listen(port, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  return typeof address === 'object' && address !== null ? address.port : 0
}

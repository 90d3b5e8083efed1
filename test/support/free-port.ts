import { once } from 'node:events'
import { type AddressInfo, connect, createServer } from 'node:net'

/** Linux lends ports from here on: to outgoing connections, and to whoever listens on any port. */
const lowestLent = 32_768

/** A port that nobody listened on a moment ago, and that nobody is lent before somebody listens on it. */
export async function freePort(): Promise<number> {
  for (let tries = 0; tries < 200; tries += 1) {
    const port = lowestLent - 1 - Math.floor(Math.random() * 10_000)
    if (await isFree(port)) return port
  }
  throw new Error(`no port below ${lowestLent} is free`)
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

async function isFree(port: number): Promise<boolean> {
  const server = createServer().listen(port, '127.0.0.1')
  try {
    await once(server, 'listening')
    server.close()
    return true
  } catch {
    return false
  }
}

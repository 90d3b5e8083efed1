/*
 * The port of a receiver: open (its requests are served), shut (nobody listens), or deaf (connections are taken, and nothing
 * is ever read from them). Every change ends the connections there are.
 */
import type { Server } from 'node:http'
import { type AddressInfo, createServer, type Server as NetServer, type Socket } from 'node:net'

export type DoorState = 'open' | 'shut' | 'deaf'

export type Door = { port: number; set(state: DoorState): Promise<void> }

/** Opens it, on a port of the system's choice. */
export async function openDoor(server: Server, host: string): Promise<Door> {
  const held = new Set<Socket>()
  const deaf = createServer({ pauseOnConnect: true }, (socket) => {
    held.add(socket)
    socket.on('error', () => {})
    socket.on('close', () => held.delete(socket))
  })
  let state: DoorState = 'open'
  const port = await listen(server, host, 0)
  return {
    port,
    async set(next) {
      if (next === state) return
      if (state === 'open') {
        server.close()
        server.closeAllConnections()
      } else if (state === 'deaf') {
        deaf.close()
        for (const socket of held) socket.destroy()
      }
      state = next
      if (next !== 'shut') await listen(next === 'open' ? server : deaf, host, port)
    },
  }
}

const listen = (server: NetServer, host: string, port: number): Promise<number> =>
  new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, host, () => resolve((server.address() as AddressInfo).port))
  })

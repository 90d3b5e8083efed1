import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'

/**
 * Keeps at most `most` connections: at the bound the one that has been quiet longest, between two requests or before its
 * first, makes room for a new one. Silent connections, however many, never keep an honest client out; when all are at work,
 * a new one is closed.
 */
export function capConnections(server: Server, most: number): void {
  /** In the order in which they fell quiet. */
  const quiet = new Set<Socket>()
  let open = 0
  server.on('connection', (socket: Socket) => {
    open += 1
    quiet.add(socket)
    socket.once('close', () => {
      open -= 1
      quiet.delete(socket)
    })
    if (open > most) evict(quiet)
  })
  server.on('request', ({ socket }: IncomingMessage, response: ServerResponse) => {
    quiet.delete(socket)
    response.once('close', () => {
      if (!socket.destroyed) quiet.add(socket)
    })
  })
}

/** The newest stands last: it goes only when nobody else is quiet. */
function evict(quiet: Set<Socket>): void {
  const [longest] = quiet
  if (longest === undefined) return
  quiet.delete(longest)
  longest.destroy()
}

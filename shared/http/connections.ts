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

type RequestListener = (request: IncomingMessage, response: ServerResponse) => void

/**
 * Puts `serve` before whatever answers requests: it decides whether `next` gets one.
 */
export function serveThrough(
  server: Server,
  serve: (...call: [...Parameters<RequestListener>, () => void]) => void,
): void {
  const listeners = server.listeners('request') as RequestListener[]
  server.removeAllListeners('request')
  server.on('request', (request, response) => {
    serve(request, response, () => {
      for (const listener of listeners) listener(request, response)
    })
  })
}

/**
 * Looks at a request only when the one before it on the same connection has its answer. node:http would hand out all that
 * came pipelined: what stands behind an answer that closes the connection could be stored, and nobody would ever be told.
 */
export function answerInTurn(server: Server): void {
  const latest = new WeakMap<Socket, ServerResponse>()
  serveThrough(server, (request, response, next) => {
    const { socket } = request
    const earlier = latest.get(socket)
    latest.set(socket, response)
    const serve = () => {
      if (socket.writable) next()
    }
    if (earlier === undefined || earlier.closed) serve()
    else earlier.once('close', serve)
  })
}

/** The newest stands last: it goes only when nobody else is quiet. */
function evict(quiet: Set<Socket>): void {
  const [longest] = quiet
  if (longest === undefined) return
  quiet.delete(longest)
  longest.destroy()
}

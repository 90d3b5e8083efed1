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

/** Of one connection. Clients that pipeline at all do it with a few; each costs some 3 KB while it waits. */
const mostWaiting = 1_000

/**
 * Looks at a request only when the one before it on the same connection has its answer. node:http would hand out all that
 * came pipelined: what stands behind an answer that closes the connection could be stored, and nobody would ever be told.
 * One in each turn of the loop, so that a connection with hundreds of them keeps nobody else waiting; with
 * more than 1,000 it is cut off.
 */
export function answerInTurn(server: Server): void {
  const queues = new WeakMap<Socket, { latest: ServerResponse; waiting: number }>()
  serveThrough(server, (request, response, next) => {
    const { socket } = request
    const queue = queues.get(socket) ?? { latest: response, waiting: 0 }
    const earlier = queue.latest
    queue.latest = response
    queues.set(socket, queue)
    const serve = () => {
      if (socket.writable) next()
    }
    if (earlier === response || earlier.closed) return serve()
    queue.waiting += 1
    if (queue.waiting > mostWaiting) socket.destroy()
    earlier.once('close', () =>
      setImmediate(() => {
        queue.waiting -= 1
        serve()
      }),
    )
  })
}

/** The newest stands last: it goes only when nobody else is quiet. */
function evict(quiet: Set<Socket>): void {
  const [longest] = quiet
  if (longest === undefined) return
  quiet.delete(longest)
  longest.destroy()
}

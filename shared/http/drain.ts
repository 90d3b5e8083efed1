import type { Server as HttpServer } from 'node:http'
import { Server } from 'node:net'
import type { FastifyInstance } from 'fastify'

const draining = new WeakSet<FastifyInstance>()

/** Whether this server takes no new connections any more. */
export const isDraining = (app: FastifyInstance): boolean => draining.has(app)

/** Every answer of a draining server tells its client to use another connection. */
export function closeWhenDraining(app: FastifyInstance): void {
  app.addHook('onSend', (_request, reply, payload, done) => {
    if (draining.has(app)) reply.header('connection', 'close')
    done(null, payload)
  })
}

type DrainOptions = {
  /** How long quiet connections may still send a request before they are closed, ms. */
  quietMs: number
  /** After this the rest is cut, ms. */
  deadlineMs: number
}

/**
 * Ends an HTTP server without failing a request. Accepting stops at once. Connections end with the answer to their next
 * request; `server.close()` alone would cut those that are between two requests, under the feet of a client just sending.
 */
export async function drainHttpServer(app: FastifyInstance, { quietMs, deadlineMs }: DrainOptions): Promise<void> {
  draining.add(app)
  const { server } = app
  // The method of net.Server stops accepting and calls back after the last connection; the one of http.Server would also
  // close idle connections at once and switch off the request time-outs.
  const allEnded = new Promise<void>((resolve) => Server.prototype.close.call(server, () => resolve()))
  const timers = [
    setTimeout(() => closeQuietConnections(server), quietMs),
    setTimeout(() => server.closeAllConnections(), deadlineMs),
  ]
  await allEnded
  for (const timer of timers) clearTimeout(timer)
  await app.close()
}

/**
 * Closes idle connections after the first turn of the loop in which no request was read. Timers run before sockets: what came
 * while this process stood still, or was busy with others, is not read yet, and closing would fail it.
 */
function closeQuietConnections(server: HttpServer): void {
  let isQuiet = true
  const hear = () => {
    isQuiet = false
  }
  server.once('request', hear)
  setImmediate(() => {
    server.off('request', hear)
    if (isQuiet) server.closeIdleConnections()
    else closeQuietConnections(server)
  })
}

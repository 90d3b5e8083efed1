import { connect, Socket } from 'node:net'
import type { ISocketFactoryArgs } from 'kafkajs'
import { frozenError, guard, isFrozen } from './broker-guard.ts'

/**
 * All sockets of one kafkajs client. `cut` destroys them and refuses new ones: kafkajs cannot be told to give up at
 * once, and an abandoned consumer that still had a wire would join its group again as a ghost member.
 */
export type Wire = {
  readonly socketFactory: (args: ISocketFactoryArgs) => Socket
  cut(): void
}

const keepAliveAfterMs = 10_000

/** A wire with no socket yet. */
export function createWire(): Wire {
  const sockets = new Set<Socket>()
  let isCut = false
  return {
    socketFactory: ({ host, port, onConnect }) => {
      if (isCut) return refused(cutError())
      if (isFrozen(`${host}:${port}`)) return refused(frozenError(`${host}:${port}`))
      const socket = quiet(connect({ host, port }, onConnect)).setNoDelay(true).setKeepAlive(true, keepAliveAfterMs)
      guard(socket, host, port)
      sockets.add(socket)
      socket.once('close', () => sockets.delete(socket))
      return socket
    },
    cut: () => {
      isCut = true
      for (const socket of sockets) socket.destroy(cutError())
    },
  }
}

/** kafkajs calls unref on dead sockets again and again, and each call leaves a listener: no reason for a warning. */
function quiet(socket: Socket): Socket {
  return socket.setMaxListeners(0)
}

/** A socket that fails as a refused connection does: in the next turn, when kafkajs listens. */
function refused(error: Error): Socket {
  const socket = quiet(new Socket())
  setImmediate(() => socket.destroy(error))
  return socket
}

function cutError(): Error {
  return Object.assign(new Error('this client was given up'), { code: 'ECUT' })
}

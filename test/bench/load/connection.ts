import { connect, type Socket } from 'node:net'
import { type Answer, readAnswer } from './answer.ts'

export type { Answer } from './answer.ts'

/** A keep-alive connection with one request at a time, which opens itself again after it broke. */
export type Connection = {
  /** `onAnswer` hears of the answer, or of `broken` when the connection ended before it. */
  send(request: Buffer, onAnswer: (answer: Answer | 'broken') => void): void
  close(): void
}

const nothing = Buffer.alloc(0)

/** A connection by hand: an HTTP client would take as much CPU as the producer that it shall load. */
export function openConnection({ host, port }: { host: string; port: number }): Connection {
  let socket: Socket | undefined
  let received: Buffer = nothing
  let waiting: ((answer: Answer | 'broken') => void) | undefined
  const settle = (answer: Answer | 'broken') => {
    const onAnswer = waiting
    waiting = undefined
    onAnswer?.(answer)
  }
  const open = (): Socket => {
    const opened = connect({ host, port, noDelay: true })
    opened.on('error', () => {}) // its close says all
    opened.on('close', () => {
      if (socket === opened) socket = undefined
      received = nothing
      settle('broken')
    })
    opened.on('data', (chunk) => {
      received = received.length === 0 ? chunk : Buffer.concat([received, chunk])
      const answer = readAnswer(received)
      if (answer === undefined) return
      received = nothing
      settle(answer)
    })
    return opened
  }
  return {
    send(request, onAnswer) {
      waiting = onAnswer
      socket ??= open()
      socket.write(request)
    },
    close: () => void socket?.destroy(),
  }
}

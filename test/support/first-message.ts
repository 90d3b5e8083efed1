import { type EventEmitter, once } from 'node:events'

/** What a forked process says first; rejects when it ends before that. `name` is told then. */
export async function firstMessage<Message>(child: EventEmitter, name: string): Promise<Message> {
  const ended = once(child, 'exit').then(([code, signal]) => {
    throw new Error(`${name} ended before it was ready: ${signal ?? code}`)
  })
  const [message] = await Promise.race([once(child, 'message'), ended])
  return message
}

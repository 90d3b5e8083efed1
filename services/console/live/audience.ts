import { PassThrough, type Readable } from 'node:stream'
import type { Interest } from './journal.ts'
import { comment, messageText, retryText } from './message.ts'

export type Listener = Interest & {
  /** What the client heard last, from its Last-Event-ID. */
  cursor: string | undefined
  /** Whether its key or session still lets it listen. */
  isAllowed(): Promise<boolean>
}

/**
 * The clients that listen now. Each has a bounded buffer: whoever leaves more unread is told `reset` and cut, so that nobody's
 * slowness costs memory or holds up the others.
 */
export type Audience = {
  /** The event stream of one more client, which begins with `first`. */
  join(listener: Listener, first: string): Readable
  tell(textFor: (interest: Interest) => string): void
  /** A comment for everybody, and a look at who may still listen. */
  beat(): void
  /** Ends every stream whose key or session does not count any more. */
  recheck(): void
  endAll(reason: string): void
}

/** What a client may leave unread beside its first words; who is further behind is better off with a fresh start. */
const mostUnreadBytes = 1024 * 1024
/** A client that does not even read its last message is cut. */
const farewellMs = 5_000

type Client = { listener: Listener; stream: PassThrough; mostUnread: number }

/** `left`: called after each client that has gone. */
export function createAudience(left: () => void): Audience {
  const clients = new Set<Client>()
  const send = (client: Client, text: string) => {
    if (text === '') return
    client.stream.write(text)
    const unread = client.stream.writableLength + client.stream.readableLength
    if (unread > client.mostUnread) end(client, 'too-slow')
  }
  const end = (client: Client, reason: string) => {
    if (!clients.delete(client)) return
    client.stream.end(messageText({ event: 'reset', data: { reason } }))
    setTimeout(() => client.stream.destroy(), farewellMs).unref()
  }
  const recheck = () => {
    for (const client of clients) {
      void client.listener.isAllowed().then((isAllowed) => !isAllowed && end(client, 'credential-invalid'))
    }
  }
  return {
    join(listener, first) {
      const text = retryText + first
      const client: Client = { listener, stream: new PassThrough(), mostUnread: mostUnreadBytes + text.length }
      clients.add(client)
      client.stream.once('close', () => {
        clients.delete(client)
        left()
      })
      send(client, text)
      return client.stream
    },
    tell(textFor) {
      for (const client of clients) send(client, textFor(client.listener))
    },
    beat() {
      for (const client of clients) send(client, comment)
      recheck()
    },
    recheck,
    endAll(reason) {
      for (const client of [...clients]) end(client, reason)
    },
  }
}

import { type AddressInfo, connect, createServer, type Socket } from 'node:net'

type Cleanup = { after(close: () => unknown): void }

/**
 * A way to a TLS receiver on which a connection can be stopped before its handshake: what waits for it has been handed to
 * its connection then, and not been written.
 */
export async function openGate(t: Cleanup, url: string) {
  const port = Number(new URL(url).port)
  const waiting = new Set<Socket>()
  let isShut = false
  const pass = (socket: Socket) => {
    const upstream = connect(port, '127.0.0.1')
    for (const one of [socket, upstream]) one.on('error', () => {})
    socket.pipe(upstream).pipe(socket)
    return upstream
  }
  const server = createServer((socket) => {
    socket.on('close', () => waiting.delete(socket))
    if (!isShut) pass(socket)
    // A connection is accepted before its client knows: only who has said something is in the middle of a handshake.
    else socket.on('error', () => {}).once('readable', () => waiting.add(socket))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.after(() => server.close())
  return {
    url: url.replace(`:${port}/`, `:${(server.address() as AddressInfo).port}/`),
    /** Connections that come from now on stop. */
    shut() {
      isShut = true
    },
    open() {
      isShut = false
    },
    waiting: () => waiting.size,
    /** Those that stopped go on; resolves when the receiver has answered the beginning of each handshake. */
    release: () =>
      Promise.all([...waiting].map((socket) => new Promise((answered) => pass(socket).once('data', answered)))),
  }
}

import { type AddressInfo, createServer } from 'node:net'

const answer = Buffer.from('HTTP/1.1 200 OK\r\ncontent-length: 2\r\ncontent-type: text/plain\r\n\r\nok')
const headEnd = Buffer.from('\r\n\r\n')
const lengthName = Buffer.from('content-length: ')

/**
 * A receiver in a process of its own: answers every POST of ours after `delayMs` with as little work as possible, because the
 * bench measures the other side. Its parent is told the port, and ends it by disconnecting. `onRequest` gets each request.
 */
export function answerAll(delayMs: number, onRequest: (request: Buffer) => void): void {
  const server = createServer((socket) => {
    let waiting = Buffer.alloc(0)
    socket.setNoDelay(true)
    socket.on('error', () => socket.destroy())
    socket.on('data', (chunk) => {
      waiting = waiting.length === 0 ? chunk : Buffer.concat([waiting, chunk])
      for (let end = endOfRequest(waiting); end !== -1; end = endOfRequest(waiting)) {
        onRequest(waiting.subarray(0, end))
        waiting = waiting.subarray(end)
        if (delayMs === 0) socket.write(answer)
        else setTimeout(() => socket.write(answer), delayMs)
      }
    })
  })
  server.listen(0, '127.0.0.1', () => process.send?.({ port: (server.address() as AddressInfo).port }))
  process.on('disconnect', () => process.exit())
}

/** Where the first request ends; -1 while it is not whole. */
function endOfRequest(bytes: Buffer): number {
  const head = bytes.indexOf(headEnd)
  if (head === -1) return -1
  const at = bytes.indexOf(lengthName)
  const length =
    at === -1 ? 0 : Number.parseInt(bytes.toString('latin1', at + lengthName.length, at + lengthName.length + 8), 10)
  const end = head + headEnd.length + length
  return end <= bytes.length ? end : -1
}

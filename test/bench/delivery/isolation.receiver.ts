import { type AddressInfo, createServer } from 'node:net'

/**
 * Answers every POST at once and counts by path. Bodies that begin with `{"at":<ms>` also tell how long they took. On any
 * message it says what came since the last one, and forgets it.
 */
export type Counted = Record<string, { count: number; ms: number[] }>

const answer = Buffer.from('HTTP/1.1 200 OK\r\ncontent-length: 2\r\ncontent-type: text/plain\r\n\r\nok')
const headEnd = Buffer.from('\r\n\r\n')
let counted: Counted = {}

const server = createServer((socket) => {
  let waiting = Buffer.alloc(0)
  socket.setNoDelay(true)
  socket.on('error', () => socket.destroy())
  socket.on('data', (chunk) => {
    waiting = waiting.length === 0 ? chunk : Buffer.concat([waiting, chunk])
    for (let end = take(waiting); end !== -1; end = take(waiting)) {
      waiting = waiting.subarray(end)
      socket.write(answer)
    }
  })
})

server.listen(0, '127.0.0.1', () => process.send?.({ port: (server.address() as AddressInfo).port }))
process.on('message', () => {
  process.send?.(counted)
  counted = {}
})
process.on('disconnect', () => process.exit())

/** Where the first request ends; -1 while it is not whole. */
function take(bytes: Buffer): number {
  const head = bytes.indexOf(headEnd)
  if (head === -1) return -1
  const text = bytes.toString('latin1', 0, head)
  const body = head + headEnd.length
  const end = body + Number(/content-length: (\d+)/i.exec(text)?.[1] ?? 0)
  if (end > bytes.length) return -1
  note(/^POST \/(\w*)/.exec(text)?.[1] ?? '', bytes.toString('latin1', body, Math.min(end, body + 32)))
  return end
}

function note(path: string, body: string): void {
  const known = counted[path] ?? { count: 0, ms: [] }
  counted[path] = known
  known.count += 1
  const at = /^\{"at":(\d+)/.exec(body)?.[1]
  if (at !== undefined) known.ms.push(Date.now() - Number(at))
}

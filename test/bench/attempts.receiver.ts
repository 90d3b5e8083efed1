import { type AddressInfo, createServer } from 'node:net'

/** Answers every POST at once, with as little work as possible: the bench measures the other side. */
const answer = Buffer.from('HTTP/1.1 200 OK\r\ncontent-length: 2\r\ncontent-type: text/plain\r\n\r\nok')
const headEnd = Buffer.from('\r\n\r\n')

const server = createServer((socket) => {
  let waiting = Buffer.alloc(0)
  socket.setNoDelay(true)
  socket.on('error', () => socket.destroy())
  socket.on('data', (chunk) => {
    waiting = waiting.length === 0 ? chunk : Buffer.concat([waiting, chunk])
    for (let end = endOfRequest(waiting); end !== -1; end = endOfRequest(waiting)) {
      waiting = waiting.subarray(end)
      socket.write(answer)
    }
  })
})

server.listen(0, '127.0.0.1', () => process.send?.({ port: (server.address() as AddressInfo).port }))
process.on('disconnect', () => process.exit())

function endOfRequest(bytes: Buffer): number {
  const head = bytes.indexOf(headEnd)
  if (head === -1) return -1
  const length = /content-length: (\d+)/i.exec(bytes.toString('latin1', 0, head))?.[1] ?? '0'
  const end = head + headEnd.length + Number(length)
  return end <= bytes.length ? end : -1
}

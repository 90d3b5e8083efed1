import { randomBytes } from 'node:crypto'
import { connect, type Socket } from 'node:net'

/*
 * Hostile clients, in a process of their own so that they cost the good ones nothing but the server's time:
 * `node hostile-crowd.ts <port> <credential> <clients of each kind>`. Starts over with a new connection whenever one ends,
 * until it is told to stop by a message; then waits for the last ones to end and reports what became of each kind.
 */

/** A server that has no core for itself refuses whoever comes, by the head alone. */
const shed = '"code":"overloaded"'

/** Connections by how they ended; answers by their status, or `shed`. */
type Ended = { answered: number; closed: number }
export type CrowdReport = { ended: Record<string, Ended>; statuses: Record<string, number> }

type Behaviour = (socket: Socket) => void

const [port = '', credential = '', count = ''] = process.argv.slice(2)

const head = (...lines: string[]) =>
  [
    'POST /v1/streams/orders/events HTTP/1.1',
    'Host: x',
    `Authorization: Bearer ${credential}`,
    'Content-Type: application/json',
    ...lines,
    '\r\n',
  ].join('\r\n')

const dripMs = 1_000
/** Between two connections: clients that are refused in a loop would measure this machine, which is theirs too. */
const restMs = 500

/** One byte a second. */
const drip = (socket: Socket, text: string) => {
  let sent = 0
  const timer = setInterval(() => {
    socket.write(text.slice(sent, sent + 1))
    sent += 1
  }, dripMs)
  socket.once('close', () => clearInterval(timer))
}

/** As much as the connection takes, for as long as it stays. */
const pour = (socket: Socket, chunk: string) => {
  const write = () => {
    while (socket.writable && socket.write(chunk));
  }
  socket.on('drain', write)
  write()
}

const behaviours: Record<string, Behaviour> = {
  silent: () => {},
  'slow head': (socket) => drip(socket, head()),
  'slow body': (socket) => {
    socket.write(head('Content-Length: 1000'))
    drip(socket, ' '.repeat(1_000))
  },
  'random bytes': (socket) => void socket.write(randomBytes(2_000)),
  'TLS hello': (socket) => void socket.write(Buffer.from('16030100a5010000a10303', 'hex')),
  smuggler: (socket) => {
    socket.write(`${head('Content-Length: 5', 'Transfer-Encoding: chunked')}0\r\n\r\n${head('Content-Length: 1')}1`)
  },
  'far too much': (socket) => {
    socket.write(head('Content-Length: 1000000000'))
    pour(socket, ' '.repeat(65_536))
  },
  'endless chunks': (socket) => {
    socket.write(head('Transfer-Encoding: chunked'))
    pour(socket, `10000\r\n${' '.repeat(65_536)}\r\n`)
  },
  'head flood': (socket) => pour(socket, `${head().slice(0, -2)}X: ${'x'.repeat(1_000)}\r\n`),
  'early end': (socket) => socket.write(`${head('Content-Length: 1000')}123`, () => socket.destroy()),
  'no credential': (socket) => {
    const text = head('Content-Length: 1000000').replace(credential, '')
    socket.write(text)
    pour(socket, ' '.repeat(65_536))
  },
  'bad JSON': (socket) => void socket.write(`${head('Connection: close', 'Content-Length: 3')}{]}`),
  'deep JSON': (socket) => {
    socket.write(`${head('Connection: close', 'Content-Length: 500000')}${'['.repeat(500_000)}`)
  },
  // Never reads: what is answered fills the buffers between.
  'deaf pipeliner': (socket) => {
    socket.pause()
    socket.write(`${head('Content-Length: 3')}{]}`.repeat(500))
    const timer = setTimeout(() => socket.destroy(), 3_000)
    socket.once('close', () => clearTimeout(timer))
  },
}

const report: CrowdReport = { ended: {}, statuses: {} }
const open = new Set<Socket>()
let isStopping = false

function start(kind: string, behave: Behaviour): void {
  if (isStopping) return
  const socket = connect(Number(port), '127.0.0.1', () => behave(socket))
  open.add(socket)
  let isAnswered = false
  socket.on('data', (chunk) => {
    if (isAnswered) return
    isAnswered = true
    const answer = chunk.toString('latin1')
    const status = answer.includes(shed) ? 'shed' : answer.slice(9, 12)
    report.statuses[status] = (report.statuses[status] ?? 0) + 1
  })
  socket.on('error', () => {})
  socket.on('close', () => {
    open.delete(socket)
    report.ended[kind] ??= { answered: 0, closed: 0 }
    report.ended[kind][isAnswered ? 'answered' : 'closed'] += 1
    setTimeout(start, restMs, kind, behave)
    if (isStopping && open.size === 0) finish()
  })
}

function finish(): void {
  process.send?.(report, () => process.exit())
}

process.on('message', () => {
  isStopping = true
  if (open.size === 0) finish()
})
for (const [kind, behave] of Object.entries(behaviours)) {
  for (let client = 0; client < Number(count); client += 1) start(kind, behave)
}

import { createWriteStream, type WriteStream } from 'node:fs'
import {
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { finished } from 'node:stream/promises'
import { holdPort } from './free-port.ts'

/** One request as it arrived. */
export type Received = {
  /** 0 for the first. */
  index: number
  /** Monotonic ms of this process, when the last byte was read. */
  atMs: number
  method: string
  path: string
  headers: IncomingHttpHeaders
  body: Buffer
}

/** What the receiver does with one request. */
export type Behaviour =
  | { kind: 'answer'; status?: number; headers?: Record<string, string>; body?: string | Buffer; delayMs?: number }
  /** Reads and never answers. */
  | { kind: 'hang' }
  /** RST instead of an answer. */
  | { kind: 'reset' }
  /** Ends the connection in order, without an answer. */
  | { kind: 'end' }
  /** Status and headers, then one byte every `everyMs` for ever. */
  | { kind: 'drip'; status?: number; everyMs: number }
  /** A body of that many bytes. */
  | { kind: 'huge'; status?: number; bytes: number }
  /** 103 for ever. */
  | { kind: 'informational' }
  /** These bytes, whatever they mean, and then nothing. */
  | { kind: 'raw'; bytes: string | Buffer }

export type Behave = Behaviour | ((request: Received) => Behaviour)

export type Receiver = {
  /** `http://127.0.0.1:<port>/` */
  url: string
  port: number
  /** Everything that arrived, in order of arrival. */
  requests: Received[]
  /** Connections accepted since the start. */
  connections(): number
  /** Connections that are open now. */
  openConnections(): number
  /** From the next request on. */
  behave(behaviour: Behave): void
  /** Closes the port and all connections: the next ones are refused. */
  refuse(): Promise<void>
  /** Listens on the same port again. */
  accept(): Promise<void>
  close(): Promise<void>
}

export type ReceiverOptions = {
  /** Any free one by default. */
  port?: number
  behaviour?: Behave
  /** Also writes every request there: one JSON object a line, the body in base64. */
  linesFile?: string
}

type Cleanup = { after(close: () => unknown): void }

const ok: Behaviour = { kind: 'answer' }
const okBody = 'ok'

/** A real HTTP receiver on 127.0.0.1 that closes itself at the end of the test `t`. */
export async function createReceiver(t: Cleanup, options: ReceiverOptions = {}): Promise<Receiver> {
  const receiver = await openReceiver(options)
  t.after(() => receiver.close())
  return receiver
}

/** The same without a test: the caller closes it. */
export async function openReceiver({ port: wanted = 0, behaviour = ok, linesFile }: ReceiverOptions = {}) {
  const lines = linesFile === undefined ? undefined : createWriteStream(linesFile, { flags: 'a' })
  const requests: Received[] = []
  const sockets = new Set<Socket>()
  let behave = behaviour
  let connections = 0
  const server = createServer((request, response) => {
    readBody(request, (body) => {
      const received = receivedOf(request, body, requests.length)
      requests.push(received)
      lines?.write(lineOf(received))
      act(typeof behave === 'function' ? behave(received) : behave, response)
    })
  })
  server.on('connection', (socket) => {
    connections += 1
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
  })
  const port = await listen(server, wanted)
  let letGo = () => {}
  const shut = async () => {
    const closed = new Promise<void>((resolve) => server.close(() => resolve()))
    for (const socket of sockets) socket.destroy()
    await closed
  }
  const receiver: Receiver = {
    url: `http://127.0.0.1:${port}/`,
    port,
    requests,
    connections: () => connections,
    openConnections: () => sockets.size,
    behave: (next) => {
      behave = next
    },
    refuse: async () => {
      await shut()
      letGo = await holdPort(port)
    },
    accept: async () => {
      await listen(server, port)
      letGo()
    },
    close: async () => {
      letGo()
      await shut()
      await endLines(lines)
    },
  }
  return receiver
}

function readBody(request: IncomingMessage, done: (body: Buffer) => void): void {
  const chunks: Buffer[] = []
  request.on('data', (chunk: Buffer) => chunks.push(chunk))
  request.on('end', () => done(chunks.length === 1 && chunks[0] !== undefined ? chunks[0] : Buffer.concat(chunks)))
  // A client that gives up in the middle is no failure of the receiver.
  request.on('error', () => {})
}

function receivedOf({ method = '', url = '', headers }: IncomingMessage, body: Buffer, index: number): Received {
  return { index, atMs: performance.now(), method, path: url, headers, body }
}

function lineOf({ body, ...rest }: Received): string {
  return `${JSON.stringify({ ...rest, body: body.toString('base64') })}\n`
}

function act(behaviour: Behaviour, response: ServerResponse): void {
  switch (behaviour.kind) {
    case 'answer':
      answer(behaviour, response)
      break
    case 'hang':
      break
    case 'reset':
      response.socket?.resetAndDestroy()
      break
    case 'end':
      response.socket?.end()
      break
    case 'drip':
      response.writeHead(behaviour.status ?? 200)
      repeat(response, behaviour.everyMs, () => response.write('.'))
      break
    case 'huge':
      writeMuch(response, behaviour.status ?? 200, behaviour.bytes)
      break
    case 'informational':
      repeat(response, 1, () => response.writeEarlyHints({ link: '</style.css>; rel=preload; as=style' }))
      break
    case 'raw':
      response.socket?.write(behaviour.bytes)
      break
    default:
      behaviour satisfies never
  }
}

function answer(
  { status = 200, headers = {}, body = okBody, delayMs = 0 }: Behaviour & { kind: 'answer' },
  response: ServerResponse,
) {
  const send = () => {
    const bare = status === 204 || status === 304
    response.writeHead(status, bare ? headers : { 'content-length': Buffer.byteLength(body), ...headers })
    response.end(bare ? undefined : body)
  }
  if (delayMs === 0) send()
  else setTimeout(send, delayMs).unref()
}

function repeat(response: ServerResponse, everyMs: number, write: () => void): void {
  const timer = setInterval(write, everyMs)
  response.on('close', () => clearInterval(timer))
}

function writeMuch(response: ServerResponse, status: number, bytes: number): void {
  const piece = Buffer.alloc(64 * 1024, 'x')
  let left = bytes
  response.writeHead(status, { 'content-length': bytes })
  const more = () => {
    while (left > 0 && !response.destroyed) {
      const next = piece.subarray(0, Math.min(left, piece.length))
      left -= next.length
      if (!response.write(next)) return
    }
    if (left === 0) response.end()
  }
  response.on('drain', more)
  more()
}

async function listen(server: Server, port: number): Promise<number> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, '127.0.0.1', () => resolve())
  })
  return (server.address() as AddressInfo).port
}

async function endLines(lines: WriteStream | undefined): Promise<void> {
  if (lines === undefined) return
  lines.end()
  await finished(lines)
}

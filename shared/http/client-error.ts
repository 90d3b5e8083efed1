import { ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { type ErrorCode, errorTable, TailraceError } from '#shared/errors.ts'
import { problemOf } from './problem.ts'

/**
 * Answers what node:http could not read as a request (bad framing, oversized headers, too slow) and closes the connection,
 * once every earlier request of that connection has its own answer: it may be stored. Nothing is written when an answer to
 * the same request has begun or the peer is gone. Gives the code of the answer, undefined when there will be none.
 */
export function answerClientError(
  error: NodeJS.ErrnoException,
  socket: Socket,
  requestId: string,
): ErrorCode | undefined {
  if (waiting.has(socket)) return undefined
  if (error.code === 'ECONNRESET' || !socket.writable || answerHasBegun(socket)) {
    socket.destroy()
    return undefined
  }
  const [code, detail] =
    codes.get(error.code ?? '') ?? (['request-malformed', 'The request is no valid HTTP.'] as const)
  waiting.add(socket)
  inTurn(socket, () => answer(socket, new TailraceError(code, detail), requestId))
  return code
}

/** Connections whose last answer is under way; whatever else comes from them is another error of the same kind. */
const waiting = new WeakSet<Socket>()

function inTurn(socket: Socket, act: () => void): void {
  const earlier = responseOf(socket)
  if (earlier?.req.complete !== true || earlier.writableFinished) act()
  else earlier.once('close', () => inTurn(socket, act))
}

function answer(socket: Socket, error: TailraceError, requestId: string): void {
  if (!socket.writable) {
    socket.destroy()
    return
  }
  const { status, headers, body } = problemOf(error, { requestId, instance: '' })
  const text = JSON.stringify(body)
  const fields = { ...headers, 'content-length': String(Buffer.byteLength(text)), connection: 'close' }
  const head = Object.entries(fields).map(([name, value]) => `${name}: ${value}\r\n`)
  socket.end(`HTTP/1.1 ${status} ${reasons.get(status) ?? errorTable[error.code].title}\r\n${head.join('')}\r\n${text}`)
  socket.destroySoon()
}

const codes: ReadonlyMap<string, readonly [ErrorCode, string]> = new Map([
  ['HPE_HEADER_OVERFLOW', ['headers-too-large', 'The request line and headers are larger than this server takes.']],
  ['ERR_HTTP_REQUEST_TIMEOUT', ['request-timeout', 'The request did not arrive in time.']],
  ['HPE_CHUNK_EXTENSIONS_OVERFLOW', ['request-too-large', 'The chunk extensions are too large.']],
])

const reasons: ReadonlyMap<number, string> = new Map([
  [400, 'Bad Request'],
  [408, 'Request Timeout'],
  [413, 'Payload Too Large'],
  [431, 'Request Header Fields Too Large'],
])

/** node:http keeps the response in progress here; its own default handler looks at the same place. */
function responseOf(socket: Socket): ServerResponse | undefined {
  const response: unknown = Reflect.get(socket, '_httpMessage')
  return response instanceof ServerResponse ? response : undefined
}

/** Of the request that is at fault; an earlier one was read to its end. */
function answerHasBegun(socket: Socket): boolean {
  const response = responseOf(socket)
  return response?.req.complete === false && response.headersSent
}

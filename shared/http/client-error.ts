import { ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { type ErrorCode, errorTable, TailraceError } from '#shared/errors.ts'
import type { Limits } from '#shared/limits.ts'
import { problemOf } from './problem.ts'

type ClientErrorContext = { requestId: string; limits: Limits }

/**
 * Answers what node:http could not read as a request (bad framing, oversized headers, too slow) and closes the connection,
 * once every earlier request of that connection has its own answer: it may be stored. Nothing is written when an answer to
 * the same request has begun or the peer is gone. Gives the code of the answer, undefined when there will be none.
 */
export function answerClientError(
  error: NodeJS.ErrnoException,
  socket: Socket,
  { requestId, limits }: ClientErrorContext,
): ErrorCode | undefined {
  if (waiting.has(socket)) return undefined
  if (error.code === 'ECONNRESET' || !socket.writable || answerHasBegun(socket)) {
    socket.destroy()
    return undefined
  }
  const [code, detail] = refusalOf(error, limits)
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

function refusalOf({ code }: NodeJS.ErrnoException, limits: Limits): readonly [ErrorCode, string] {
  switch (code) {
    case 'HPE_HEADER_OVERFLOW': {
      // The parser says this of too many headers as well.
      const count = `${limits.TAILRACE_LIMIT_HEADERS} headers (TAILRACE_LIMIT_HEADERS)`
      const bytes = `${limits.TAILRACE_LIMIT_HEADER_BYTES} bytes with its first line (TAILRACE_LIMIT_HEADER_BYTES)`
      return ['headers-too-large', `A request has at most ${count}, in ${bytes}.`]
    }
    case 'ERR_HTTP_REQUEST_TIMEOUT':
      return ['request-timeout', 'The request did not arrive in time.']
    case 'HPE_CHUNK_EXTENSIONS_OVERFLOW':
      return ['request-too-large', 'The chunk extensions are too large.']
    default:
      return ['request-malformed', 'The request is no valid HTTP.']
  }
}

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

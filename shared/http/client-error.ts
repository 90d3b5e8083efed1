import type { Socket } from 'node:net'
import { type ErrorCode, errorTable, TailraceError } from '#shared/errors.ts'
import { problemOf } from './problem.ts'

/**
 * Answers what node:http could not read as a request (bad framing, oversized headers, too slow) and closes the connection.
 * Nothing is written when an answer to the same request has begun or the peer is gone. Gives the code it answered with.
 */
export function answerClientError(
  error: NodeJS.ErrnoException,
  socket: Socket,
  requestId: string,
): ErrorCode | undefined {
  if (error.code === 'ECONNRESET' || !socket.writable || answerHasBegun(socket)) {
    socket.destroy()
    return undefined
  }
  const [code, detail] =
    codes.get(error.code ?? '') ?? (['request-malformed', 'The request is no valid HTTP.'] as const)
  const { status, headers, body } = problemOf(new TailraceError(code, detail), { requestId, instance: '' })
  const text = JSON.stringify(body)
  const fields = { ...headers, 'content-length': String(Buffer.byteLength(text)), connection: 'close' }
  const head = Object.entries(fields).map(([name, value]) => `${name}: ${value}\r\n`)
  socket.end(`HTTP/1.1 ${status} ${reasons.get(status) ?? errorTable[code].title}\r\n${head.join('')}\r\n${text}`)
  socket.destroySoon()
  return code
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
function answerHasBegun(socket: Socket): boolean {
  const response: unknown = Reflect.get(socket, '_httpMessage')
  return typeof response === 'object' && response !== null && Reflect.get(response, 'headersSent') === true
}

/* How a receiver breaks an answer after it has read the request. Whatever it does, the connection ends with it. */
import type { Socket } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'

/**
 * `reset`: a reset instead of an answer; `hang`: nothing, for ever; `drip`: one byte of a 204 a second; `garbage`: a status line
 * that is none; `endless-head`: header lines without end; `false-length`: a 200 that promises more than comes; `huge-body`: a
 * 200 with 1 GiB.
 */
export type Break = 'reset' | 'hang' | 'drip' | 'garbage' | 'endless-head' | 'false-length' | 'huge-body'

/** A status counts as soon as its head is out, whatever becomes of the body. */
const withStatus: ReadonlySet<Break> = new Set<Break>(['false-length', 'huge-body'])

/** Whether every answer that is broken so is a success all the same. */
export const isWell = (how: Break): boolean => withStatus.has(how)

/** What is in the place of a status where none went out whole. */
export const noStatus = 0

const dripMs = 1_000
const hugeBytes = 2 ** 30
const chunk = Buffer.alloc(16_384, 'x')
const headerLines = Buffer.from(`x-more: ${'y'.repeat(1_000)}\r\n`.repeat(16))

/** Breaks off; resolves with the status as soon as its head is out, or with 0 when the connection has ended without one. */
export function breakOff(socket: Socket, how: Break): Promise<number> {
  if (socket.destroyed) return Promise.resolve(noStatus)
  const ended = new Promise<number>((resolve) => socket.once('close', () => resolve(noStatus)))
  socket.on('error', () => {}) // its close says all
  switch (how) {
    case 'reset':
      socket.resetAndDestroy()
      return ended
    case 'hang':
      return ended
    case 'drip':
      return drip(socket)
    case 'garbage':
      socket.end('HTTP/1.1 abc OK\r\n\r\n')
      return ended
    case 'endless-head':
      socket.write('HTTP/1.1 200 OK\r\n')
      void pour(socket, headerLines, Number.POSITIVE_INFINITY)
      return ended
    case 'false-length':
      socket.end('HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\nhalf')
      return Promise.resolve(200)
    case 'huge-body':
      socket.write(`HTTP/1.1 200 OK\r\ncontent-length: ${hugeBytes}\r\n\r\n`)
      void pour(socket, chunk, hugeBytes)
      return Promise.resolve(200)
    default:
      return how satisfies never
  }
}

async function drip(socket: Socket): Promise<number> {
  for (const byte of 'HTTP/1.1 204 No Content\r\n\r\n') {
    await pause(dripMs)
    if (socket.destroyed) return noStatus
    socket.write(byte)
  }
  socket.end()
  return 204
}

/** No faster than the other end takes it. */
async function pour(socket: Socket, bytes: Buffer, most: number): Promise<void> {
  for (let poured = 0; poured < most && !socket.destroyed; poured += bytes.length) {
    if (!socket.write(bytes)) await drained(socket)
  }
  socket.end()
}

const drained = (socket: Socket): Promise<void> =>
  new Promise((resolve) => {
    const done = () => {
      socket.off('drain', done)
      socket.off('close', done)
      resolve()
    }
    socket.once('drain', done)
    socket.once('close', done)
  })

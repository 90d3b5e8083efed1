/*
 * One direction of a connection. Pieces wait in order until they are due and the way is open:
 *
 *   arrived ── latency over ──► due ── not cut ──► open ── bandwidth free ──► written, slice by slice
 *
 * The end of the stream, and a reset, wait behind the pieces before them.
 */
import type { Socket } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'
import type { Way } from './rules.ts'

/** When a route may write again, in ms of the monotonic clock; one for all its connections in one direction. */
export type Bandwidth = { freeAtMs: number }

export type Lane = {
  carry(bytes: Buffer): void
  /** Nothing comes any more; `reset` when it did not end in good order. */
  finish(reset: boolean): void
  /** Looks again at its way, which is another one now. */
  wake(): void
}

type LaneOptions = {
  from: Socket
  to: Socket
  /** What is in force now. */
  way: () => Way
  bandwidth: Bandwidth
}

/** Bytes, or the end of all. */
type Piece = { bytes: Buffer | 'end' | 'reset'; dueMs: number }

/** More than this does not wait in a proxy: the sender is held up instead. */
const mostWaitingBytes = 1 << 20
/** With a limited bandwidth no piece shall take longer than another connection can wait. */
const mostAtOnceBytes = 16_384

/** An idle lane. */
export function createLane(options: LaneOptions): Lane {
  const { from, to, way } = options
  const queue: Piece[] = []
  let waitingBytes = 0
  let lastDueMs = 0
  let isAtWork = false
  let change = Promise.withResolvers<void>()

  const dueMs = (): number => {
    const { latencyMs = 0, jitterMs = 0 } = way()
    lastDueMs = Math.max(lastDueMs, performance.now() + latencyMs + jitterMs * (2 * Math.random() - 1))
    return lastDueMs
  }
  const add = (bytes: Piece['bytes']): void => {
    queue.push({ bytes, dueMs: dueMs() })
    if (!isAtWork) void work()
  }
  const work = async (): Promise<void> => {
    isAtWork = true
    for (let piece = queue.shift(); piece !== undefined && !to.destroyed; piece = queue.shift()) {
      await wait(piece.dueMs)
      while (way().isCut === true && !to.destroyed) await change.promise
      await pass(piece.bytes, options)
      if (typeof piece.bytes === 'string') continue
      waitingBytes -= piece.bytes.length
      if (waitingBytes < mostWaitingBytes) from.resume()
    }
    isAtWork = false
  }
  const wake = (): void => {
    change.resolve()
    change = Promise.withResolvers<void>()
  }
  to.once('close', wake)
  return {
    carry(bytes) {
      waitingBytes += bytes.length
      if (waitingBytes >= mostWaitingBytes) from.pause()
      add(bytes)
    },
    finish: (reset) => add(reset ? 'reset' : 'end'),
    wake,
  }
}

async function pass(bytes: Piece['bytes'], { to, way, bandwidth }: LaneOptions): Promise<void> {
  if (to.destroyed) return
  if (bytes === 'reset') to.resetAndDestroy()
  else if (bytes === 'end') to.end()
  else {
    const { bytesPerSecond, sliceBytes = bytesPerSecond === undefined ? bytes.length : mostAtOnceBytes } = way()
    for (let at = 0; at < bytes.length && !to.destroyed; at += sliceBytes) {
      const slice = bytes.subarray(at, at + sliceBytes)
      if (bytesPerSecond !== undefined) await turnFor((1000 * slice.length) / bytesPerSecond, bandwidth)
      await write(to, slice)
    }
  }
}

/** Waits for a turn that takes `ms`. */
async function turnFor(ms: number, bandwidth: Bandwidth): Promise<void> {
  const endMs = Math.max(performance.now(), bandwidth.freeAtMs) + ms
  bandwidth.freeAtMs = endMs
  await wait(endMs)
}

async function wait(untilMs: number): Promise<void> {
  const ms = untilMs - performance.now()
  if (ms > 0) await pause(ms)
}

/** Resolves when the system has the bytes, or the connection is gone: each slice is a segment of its own then. */
const write = (to: Socket, bytes: Buffer): Promise<void> =>
  new Promise((resolve) => {
    to.write(bytes, () => resolve())
  })

import type { Readable } from 'node:stream'

export type BodyLimits = {
  /** Most bytes; one more ends the reading with `tooLarge`. */
  limitBytes: number
  tooLarge(): Error
  /** Told how many bytes there are so far; may throw to end the reading. */
  received?(bytes: number): void
}

/**
 * The bytes of a request body, or why there are none: too many, the connection broke. Memory is bounded by the limit; the
 * rest of a body that was given up is not read, so its connection must be closed.
 */
export function readBody(
  body: Readable,
  limits: BodyLimits,
  done: (error: Error | null, bytes?: Buffer) => void,
): void {
  const chunks: Buffer[] = []
  let length = 0
  const onData = (chunk: Buffer) => {
    length += chunk.length
    chunks.push(chunk)
    const refusal = refusalOf(length, limits)
    if (refusal !== undefined) end(refusal)
  }
  // A copy, also of a single chunk: that one is a view of the read buffer of its socket and would keep 64 KiB alive.
  const onEnd = () => end(null, Buffer.concat(chunks, length))
  const onError = (error: Error) => end(error)
  const end = (error: Error | null, bytes?: Buffer) => {
    body.off('data', onData).off('end', onEnd).off('error', onError)
    done(error, bytes)
  }
  body.on('data', onData).on('end', onEnd).on('error', onError)
}

function refusalOf(length: number, { limitBytes, tooLarge, received }: BodyLimits): Error | undefined {
  if (length > limitBytes) return tooLarge()
  try {
    received?.(length)
    return undefined
  } catch (error) {
    return error as Error
  }
}

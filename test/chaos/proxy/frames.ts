/** Cuts a stream of bytes into Kafka's frames: 4 bytes of length, then that many bytes. */
export type Frames = {
  /** Takes more bytes; returns every frame that is complete now, its length included. */
  push(bytes: Buffer): Buffer[]
}

/** Of a request (https://kafka.apache.org/protocol#protocol_messages): every version of every header begins so. */
export type RequestHead = { apiKey: number; correlationId: number; clientId: string }

const lengthBytes = 4
const fixedHeadBytes = 10

/** Nothing received yet. */
export function createFrames(): Frames {
  let parts: Buffer[] = []
  let size = 0
  let wanted = lengthBytes
  return {
    push(bytes) {
      parts.push(bytes)
      size += bytes.length
      if (size < wanted) return []
      let rest = parts.length === 1 ? bytes : Buffer.concat(parts)
      const frames: Buffer[] = []
      wanted = frameBytes(rest)
      while (rest.length >= wanted) {
        frames.push(rest.subarray(0, wanted))
        rest = rest.subarray(wanted)
        wanted = frameBytes(rest)
      }
      parts = rest.length === 0 ? [] : [rest]
      size = rest.length
      return frames
    },
  }
}

/** How long the frame is that begins here; as long as that is not known, how much tells it. */
const frameBytes = (bytes: Buffer): number =>
  bytes.length < lengthBytes ? lengthBytes : lengthBytes + bytes.readUInt32BE(0)

/** Reads the beginning of a request; undefined for a frame that is too short to be one. */
export function readRequestHead(frame: Buffer): RequestHead | undefined {
  if (frame.length < lengthBytes + fixedHeadBytes) return undefined
  const clientIdBytes = Math.max(0, frame.readInt16BE(12))
  return {
    apiKey: frame.readInt16BE(4),
    correlationId: frame.readInt32BE(8),
    clientId: frame.toString('utf8', 14, 14 + clientIdBytes),
  }
}

/** Which request a response answers. */
export const correlationOf = (frame: Buffer): number => (frame.length < 8 ? -1 : frame.readInt32BE(4))

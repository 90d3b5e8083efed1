/** A frame: the length of what follows, then that. */
export function frameOf(body: Buffer): Buffer {
  const length = Buffer.alloc(4)
  length.writeUInt32BE(body.length)
  return Buffer.concat([length, body])
}

export function requestOf(head: { apiKey: number; correlationId: number; clientId: string }): Buffer {
  const { apiKey, correlationId, clientId } = head
  const fixed = Buffer.alloc(10)
  fixed.writeInt16BE(apiKey, 0)
  fixed.writeInt32BE(correlationId, 4)
  fixed.writeInt16BE(clientId.length, 8)
  return frameOf(Buffer.concat([fixed, Buffer.from(clientId), Buffer.from('and what is asked')]))
}

export function responseOf(correlationId: number): Buffer {
  const body = Buffer.alloc(12)
  body.writeInt32BE(correlationId)
  return frameOf(body)
}

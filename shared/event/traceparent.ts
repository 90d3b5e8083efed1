import { randomHex } from './random.ts'

const pattern = /^(?!ff)[0-9a-f]{2}-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}(?:-.*)?$/
const version00Length = 55

/** The W3C trace context that came, when it is valid (version 00 is exactly 55 characters), else a fresh sampled one. */
export function traceparentOf(received: string | undefined): string {
  return received !== undefined && isTraceparent(received) ? received : `00-${randomHex(16)}-${randomHex(8)}-01`
}

function isTraceparent(text: string): boolean {
  return pattern.test(text) && (!text.startsWith('00') || text.length === version00Length)
}

import { randomFillSync } from 'node:crypto'

// One system call for many ids: a call for each would cost more than the rest of the mapping.
const pool = Buffer.alloc(4096)
let used = pool.length

/** `count` random bytes as hex. */
export function randomHex(count: number): string {
  if (used + count > pool.length) {
    randomFillSync(pool)
    used = 0
  }
  used += count
  return pool.toString('hex', used - count, used)
}

/** A UUID version 7 (RFC 9562 §5.7): 48 bits of Unix milliseconds, then 74 random bits. */
export function uuid7(nowMs: number): string {
  const time = nowMs.toString(16).padStart(12, '0')
  const random = randomHex(10)
  const variant = '89ab'[Number.parseInt(random.slice(3, 4), 16) & 3]
  return `${time.slice(0, 8)}-${time.slice(8)}-7${random.slice(0, 3)}-${variant}${random.slice(4, 7)}-${random.slice(7, 19)}`
}

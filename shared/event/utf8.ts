import { isUtf8 } from 'node:buffer'

/** The position of the first byte that is not UTF-8, for a text that `isUtf8` refused. Halves the search at character starts. */
export function firstInvalidUtf8(bytes: Buffer): number {
  let from = 0
  let to = bytes.length
  while (to - from > 8) {
    const middle = characterStart(bytes, (from + to) >>> 1)
    if (isUtf8(bytes.subarray(from, middle))) from = middle
    else to = middle
  }
  let end = to
  while (end > from && !isUtf8(bytes.subarray(from, end))) end -= 1
  return end
}

/** The nearest start of a character at or before `at`; a character has at most three continuation bytes. */
function characterStart(bytes: Buffer, at: number): number {
  let start = at
  while (start > at - 3 && ((bytes[start] ?? 0) & 0xc0) === 0x80) start -= 1
  return start
}

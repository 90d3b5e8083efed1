import { isUtf8 } from 'node:buffer'

/** The position of the first byte that is not UTF-8, for a text that `isUtf8` refused: the length of its longest valid start. */
export function firstInvalidUtf8(bytes: Buffer): number {
  let from = 0
  let to = bytes.length
  while (to - from > 8) {
    const middle = (from + to) >>> 1
    const end = endOfValid(bytes, from, middle)
    if (end === undefined) to = middle
    else from = end
  }
  while (to > from && !isUtf8(bytes.subarray(from, to))) to -= 1
  return to
}

/** Where the bytes before `to` are valid up to, a character cut by `to` left out; undefined when the fault is among them. */
function endOfValid(bytes: Buffer, from: number, to: number): number | undefined {
  return [to, to - 1, to - 2, to - 3].find((end) => isUtf8(bytes.subarray(from, end)))
}

// The tokens of JSON (RFC 8259) as bytes. Every `endOf…` gives the position past the token, or the complement (`~`, a
// negative number) of the position of the byte at fault.

const SPACE = 0x20
export const QUOTE = 0x22
export const COMMA = 0x2c
export const MINUS = 0x2d
export const ZERO = 0x30
export const NINE = 0x39
export const COLON = 0x3a
export const OPEN_ARRAY = 0x5b
export const LOWER_F = 0x66
export const LOWER_N = 0x6e
export const LOWER_T = 0x74
export const OPEN_OBJECT = 0x7b
/** `[` + 2 is `]` and `{` + 2 is `}` in ASCII. */
export const CLOSE_AFTER_OPEN = 2
const PLUS = 0x2b
const DOT = 0x2e
const BACKSLASH = 0x5c
const LOWER_E = 0x65
const LOWER_U = 0x75
/** Turns an ASCII letter into lower case. */
const LOWER = 0x20

/** The first byte at or after `from` that is no white space, or `end`. */
export function skipSpace(bytes: Buffer, from: number, end = bytes.length): number {
  let at = from
  while (at < end) {
    const byte = bytes[at] as number
    if (byte > SPACE || (byte !== SPACE && byte !== 0x0a && byte !== 0x0d && byte !== 0x09)) return at
    at += 1
  }
  return at
}

/** `from` is the first character behind the opening quote; past the closing one. */
export function endOfString(bytes: Buffer, from: number): number {
  const end = bytes.length
  let at = from
  while (at < end) {
    const byte = bytes[at] as number
    if (byte === QUOTE) return at + 1
    if (byte === BACKSLASH) {
      const length = escapeLength(bytes, at)
      if (length === 0) return ~at
      at += length
    } else if (byte < SPACE) return ~at
    else at += 1
  }
  return ~at
}

const simpleEscapes: ReadonlySet<number> = new Set(Buffer.from('"\\/bfnrt'))

function escapeLength(bytes: Buffer, at: number): number {
  const kind = bytes[at + 1]
  if (kind === undefined) return 0
  if (simpleEscapes.has(kind)) return 2
  if (kind !== LOWER_U) return 0
  for (let digit = at + 2; digit < at + 6; digit += 1) if (!isHexDigit(bytes[digit] ?? 0)) return 0
  return 6
}

function isHexDigit(byte: number): boolean {
  return isDigit(byte) || ((byte | LOWER) >= 0x61 && (byte | LOWER) <= LOWER_F)
}

function isDigit(byte: number): boolean {
  return byte >= ZERO && byte <= NINE
}

export function endOfNumber(bytes: Buffer, from: number): number {
  let at = bytes[from] === MINUS ? from + 1 : from
  const whole = at
  at = skipDigits(bytes, at)
  if (at === whole || (bytes[whole] === ZERO && at > whole + 1)) return ~(at === whole ? at : whole + 1)
  if (at < bytes.length && bytes[at] === DOT) {
    const fraction = at + 1
    at = skipDigits(bytes, fraction)
    if (at === fraction) return ~at
  }
  if (at < bytes.length && ((bytes[at] as number) | LOWER) === LOWER_E) {
    const sign = bytes[at + 1]
    const exponent = sign === MINUS || sign === PLUS ? at + 2 : at + 1
    at = skipDigits(bytes, exponent)
    if (at === exponent) return ~at
  }
  return at
}

function skipDigits(bytes: Buffer, from: number): number {
  let at = from
  while (at < bytes.length && isDigit(bytes[at] as number)) at += 1
  return at
}

/** The three words by their first byte. */
export const words: ReadonlyMap<number, Buffer> = new Map(
  ['true', 'false', 'null'].map((word) => [word.charCodeAt(0), Buffer.from(word)]),
)

export function endOfWord(bytes: Buffer, from: number, word: Buffer): number {
  for (let index = 0; index < word.length; index += 1) if (bytes[from + index] !== word[index]) return ~(from + index)
  return from + word.length
}

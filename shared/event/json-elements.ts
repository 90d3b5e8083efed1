import { type JsonFault, type JsonLimits, type JsonScan, scanJson, scanJsonValue, tooLargeEvent } from './json-scan.ts'
import { CLOSE_AFTER_OPEN, COMMA, OPEN_ARRAY, skipSpace } from './json-tokens.ts'

/**
 * A step of the walk through a body of many events:
 * - `event`: one element and its scan, whose positions count from the start of `text`
 * - `body`: the body itself is broken here, and the walk is over
 * - `too-many`: it has more elements than allowed, and the walk is over
 * - `space`: nothing but white space for a while
 */
export type Piece =
  | { kind: 'event'; text: Buffer; scan: JsonScan }
  | { kind: 'body'; fault: JsonFault }
  | { kind: 'too-many' }
  | { kind: 'space' }

/** `count`: most elements or lines; `limitBytes`: largest of them. */
export type ElementLimits = JsonLimits & { limitBytes: number; count: number }

/**
 * The elements of a JSON array, one by one, without building values. No step takes longer than the scan of one element of
 * the largest size. An element that is no JSON or too large ends the walk: where the next one begins is not known then.
 */
export function* arrayElements(bytes: Buffer, limits: ElementLimits): Generator<Piece> {
  const start = yield* pastSpace(bytes, 0)
  if (bytes[start] !== OPEN_ARRAY) return yield broken(start, 'a JSON array is expected')
  let at = yield* pastSpace(bytes, start + 1)
  for (let index = 0; bytes[at] !== CLOSE_ARRAY || index > 0; index += 1) {
    if (index === limits.count) return yield { kind: 'too-many' }
    const scan = scanJsonValue(bytes, at, limits)
    yield { kind: 'event', text: bytes, scan }
    if (!scan.ok) return
    at = yield* pastSpace(bytes, scan.to)
    if (bytes[at] === CLOSE_ARRAY) break
    if (bytes[at] !== COMMA) return yield broken(at, at < bytes.length ? 'a comma or ] is expected' : endsEarly)
    at = yield* pastSpace(bytes, at + 1)
  }
  const after = yield* pastSpace(bytes, at + 1)
  if (after < bytes.length) yield broken(after, 'nothing may follow the array')
}

/**
 * The lines of a body with one JSON text each, ended by LF or CR LF; empty ones are passed over but counted. Every line is
 * judged, whatever the others hold.
 */
export function* jsonLines(bytes: Buffer, limits: ElementLimits): Generator<Piece> {
  let from = 0
  for (let line = 0; from < bytes.length; line += 1) {
    if (line === limits.count) return yield { kind: 'too-many' }
    const feed = bytes.indexOf(LINE_FEED, from)
    const end = feed === -1 ? bytes.length : feed
    const to = end > from && bytes[end - 1] === CARRIAGE_RETURN ? end - 1 : end
    yield lineAt(bytes.subarray(from, to), limits)
    from = end + 1
  }
}

const CLOSE_ARRAY = OPEN_ARRAY + CLOSE_AFTER_OPEN
const LINE_FEED = 0x0a
const CARRIAGE_RETURN = 0x0d
const endsEarly = 'the body ends early'

function lineAt(text: Buffer, limits: ElementLimits): Piece {
  if (text.length > limits.limitBytes) {
    return { kind: 'event', text, scan: { ok: false, fault: tooLargeEvent(0, limits.limitBytes) } }
  }
  return skipSpace(text, 0) === text.length ? space : { kind: 'event', text, scan: scanJson(text, limits) }
}

/** White space between two elements has no limit of its own, so it is skipped in pieces of this size. */
const spaceBytes = 65_536
const space: Piece = { kind: 'space' }

function* pastSpace(bytes: Buffer, from: number): Generator<Piece, number> {
  let at = from
  for (;;) {
    const end = Math.min(at + spaceBytes, bytes.length)
    at = skipSpace(bytes, at, end)
    if (at < end || end === bytes.length) return at
    yield space
  }
}

function broken(at: number, what: string): Piece {
  return { kind: 'body', fault: { code: 'json-invalid', at, detail: `${what} at byte ${at}` } }
}

/** Offsets [start, start + length) are finished. */
export type Run = { readonly start: number; readonly length: number }

/**
 * What is committed beside an offset: `1;<commit token>;<runs>;<ms>`. Runs are varint pairs (unfinished before it, finished
 * in it) in base64url; the last part is the wall clock of the owner, so that the next one knows since when nobody was there.
 * The broker refuses more than 4,096 bytes for that partition alone, silently for the others (`offset.metadata.max.bytes`), so
 * we stay at 3,500 and drop the highest runs: their events are delivered again after a takeover.
 */
const version = '1'
const maxBytes = 3_500

/** `token`: of the epoch that committed; `runs`: finished above the offset; `atMs`: the wall clock of its owner then. */
export type CommitMetadata = {
  readonly token: string | null
  readonly runs: readonly Run[]
  readonly atMs: number | null
}

/** What a commit without metadata, or with one that this version cannot read, remembers. */
export const nothingRemembered: CommitMetadata = { token: null, runs: [], atMs: null }

export type EncodedMetadata = { text: string; truncated: boolean }

type Commit = { token: string; base: number; runs: Iterable<Run>; atMs: number }

export function encodeMetadata({ token, base, runs, atMs }: Commit): EncodedMetadata {
  const head = `${version};${token};`
  const tail = `;${Math.round(atMs)}`
  const room = Math.floor(((maxBytes - head.length - tail.length) * 3) / 4)
  const bytes: number[] = []
  let end = base
  let truncated = false
  for (const run of runs) {
    const pair = [...varint(run.start - end), ...varint(run.length)]
    truncated = bytes.length + pair.length > room
    if (truncated) break
    bytes.push(...pair)
    end = run.start + run.length
  }
  return { text: head + Buffer.from(bytes).toString('base64url') + tail, truncated }
}

/** Reads what some version committed; an unknown version or a damaged text means that nothing is remembered. */
export function decodeMetadata(text: string, base: number): CommitMetadata {
  const [found, token, body, time = ''] = text.split(';')
  if (found !== version || token === undefined || body === undefined) return nothingRemembered
  const numbers = varints(Buffer.from(body, 'base64url'))
  const runs: Run[] = []
  let end = base
  for (let i = 0; i + 1 < numbers.length; i += 2) {
    const start = end + (numbers[i] ?? 0)
    const length = numbers[i + 1] ?? 0
    if (start <= end || length < 1) break
    runs.push({ start, length })
    end = start + length
  }
  return { token, runs, atMs: time === '' ? null : numberOf(time) }
}

function numberOf(text: string): number | null {
  const number = Number(text)
  return Number.isFinite(number) ? number : null
}

function varint(value: number): number[] {
  const bytes: number[] = []
  let rest = value
  while (rest > 0x7f) {
    bytes.push((rest % 0x80) | 0x80)
    rest = Math.floor(rest / 0x80)
  }
  bytes.push(rest)
  return bytes
}

function varints(bytes: Uint8Array): number[] {
  const numbers: number[] = []
  let value = 0
  let factor = 1
  for (const byte of bytes) {
    value += (byte & 0x7f) * factor
    factor *= 0x80
    if (byte & 0x80) continue
    numbers.push(value)
    value = 0
    factor = 1
  }
  return numbers
}

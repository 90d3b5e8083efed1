/**
 * Which offsets of one stream partition are finished.
 *
 *   … finished │ base ─── some finished, some not ─── top │ next …
 *
 * `base` is the lowest unfinished offset and what is committed; `top` is one past the highest finished one; `next` is the
 * next one to read. One byte per offset of [base, base + capacity) lies in a ring, so finishing costs the same whatever
 * the distance, and a partition with one blocked key costs a byte per event that passed it.
 */
export type AckWindow = { base: number; top: number; next: number; flags: Uint8Array }

/** Offsets [start, start + length) are finished. */
export type Run = { start: number; length: number }

/** 1,048,576 offsets between base and next: a mebibyte of flags. Beyond it the partition pauses until base moves. */
export const maxSpan = 1 << 20

const firstCapacity = 1 << 12

export function openWindow(base: number): AckWindow {
  return { base, top: base, next: base, flags: new Uint8Array(firstCapacity) }
}

/** Takes back what a commit remembered. Runs too far above base are forgotten: their events are delivered again. */
export function restoreRuns(window: AckWindow, runs: readonly Run[]): void {
  for (const { start, length } of runs) {
    if (start + length > window.base + maxSpan) return
    for (let offset = start; offset < start + length; offset += 1) finish(window, offset)
  }
}

export function isFinished(window: AckWindow, offset: number): boolean {
  if (offset < window.base) return true
  return offset < window.top && window.flags[offset & (window.flags.length - 1)] === 1
}

/** Finishes one offset; base moves over everything finished. */
export function finish(window: AckWindow, offset: number): void {
  if (offset < window.base) return
  if (offset - window.base >= window.flags.length) grow(window, offset)
  window.flags[offset & (window.flags.length - 1)] = 1
  if (offset >= window.top) window.top = offset + 1
  if (offset === window.base) advance(window)
}

/** The record at `offset` was handed over: offsets that were passed over do not exist in the log and are finished. */
export function passTo(window: AckWindow, offset: number): void {
  if (window.base === window.next && window.top <= window.base) skip(window, offset)
  for (let missing = window.next; missing < offset; missing += 1) finish(window, missing)
  if (offset >= window.next) window.next = offset + 1
}

/** Runs of finished offsets above base, lowest first. */
export function* finishedRuns(window: AckWindow): Generator<Run> {
  const { flags, top } = window
  const mask = flags.length - 1
  for (let offset = window.base + 1; offset < top; offset += 1) {
    if (flags[offset & mask] !== 1) continue
    const start = offset
    while (offset < top && flags[offset & mask] === 1) offset += 1
    yield { start, length: offset - start }
  }
}

function skip(window: AckWindow, offset: number): void {
  if (offset <= window.base) return
  window.base = offset
  window.top = offset
  window.next = offset
}

function advance(window: AckWindow): void {
  const { flags } = window
  const mask = flags.length - 1
  while (window.base < window.top && flags[window.base & mask] === 1) {
    flags[window.base & mask] = 0
    window.base += 1
  }
  if (window.next < window.base) window.next = window.base
}

function grow(window: AckWindow, offset: number): void {
  let capacity = window.flags.length
  while (offset - window.base >= capacity) capacity *= 2
  const flags = new Uint8Array(capacity)
  const oldMask = window.flags.length - 1
  for (let at = window.base; at < window.top; at += 1) flags[at & (capacity - 1)] = window.flags[at & oldMask] ?? 0
  window.flags = flags
}

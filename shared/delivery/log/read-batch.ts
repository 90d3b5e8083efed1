import { zstdDecompressSync } from 'node:zlib'
import { Value } from 'typebox/value'
import type { StoredRecord } from '#shared/event/record.ts'
import type { Comparison, Side } from '../comparison.ts'
import type { LogBatch, LogEntry, LoggedAttempt, LoggedComparison, LoggedRange } from './entries.ts'
import { type WireAttempt, type WireComparison, type WireEntry, type WireForm, wireForm } from './wire-form.ts'

/** A record holds at most 256 KiB and one entry more; whatever claims to be larger is not ours. */
const mostBytes = 8 * 1024 * 1024

/** Which subscription and partition a record of the attempts topic is about, without unpacking it; null if it is none. */
export function batchOwner({ key, headers }: StoredRecord): { uid: string; partition: number } | null {
  const partition = Number(headers.tailrace_partition ?? Number.NaN)
  if (key === null || headers.tailrace_kind !== 'attempts' || !Number.isInteger(partition)) return null
  return { uid: key.toString(), partition }
}

/** What a record of the attempts topic holds; null for one that is damaged, of an unknown version or not ours. */
export function readBatch(record: StoredRecord): LogBatch | null {
  const owner = batchOwner(record)
  const form = owner === null ? null : unpack(record.value)
  if (owner === null || form === null) return null
  const entries = [...firstTries(form), ...form.e.map((entry) => wholeEntry(form, entry))]
  const ranges = [...rangesOf('expired', form.x), ...rangesOf('skipped', form.k ?? [])]
  const comparisons = (form.q ?? []).map((one) => comparisonOf(form, one))
  const { tailrace_subscription: subscription = '', tailrace_stream: stream = '' } = record.headers
  return { ...owner, subscription, stream, instance: form.i, job: form.j, entries, ranges, comparisons }
}

function rangesOf(state: LoggedRange['state'], tuples: WireForm['x']): LoggedRange[] {
  return tuples.map(([from, to, atMs]) => ({ state, from, to, atMs }))
}

function unpack(value: Buffer | null): WireForm | null {
  if (value === null) return null
  try {
    const form: unknown = JSON.parse(zstdDecompressSync(value, { maxOutputLength: mostBytes }).toString())
    return Value.Check(wireForm, form) ? form : null
  } catch {
    // whatever it is, it is none of ours: the log is evidence, and a damaged page of it must not hide the others
    return null
  }
}

function firstTries(form: WireForm): LogEntry[] {
  const { s: columns } = form
  const compared = new Set(columns.compared)
  const dialOf = new Map(columns.dials.map(([row, ...timings]) => [row, timings]))
  return columns.offset.map((offset, row) => {
    const at = (column: readonly number[]) => column[row] ?? 0
    const [dns = 0, connect = 0, tls = 0] = dialOf.get(row) ?? []
    const firstByte = at(columns.firstByte)
    const atMs = form.b + at(columns.at)
    const startedAtMs = atMs - at(columns.started)
    const status = at(columns.status)
    const attempt: LoggedAttempt = {
      ...{ number: 1, atMs: startedAtMs, url: wordOf(form.u, at(columns.url)) ?? '', decision: 'delivered' },
      ...{ code: `status-${status}`, detail: `target answered ${status}`, status },
      timingsMs: timingsOf([dns, connect, tls, firstByte, at(columns.total)]),
      ...{ head: {}, body: null, isTruncated: false, isCompared: compared.has(row) },
    }
    return {
      ...{ offset, atMs, key: columns.key[row] ?? null, type: wordOf(form.y, at(columns.type)), state: 'delivered' },
      ...{ because: attempt.detail, behind: null, nextAttemptAtMs: null, attempts: 1, firstAttemptAtMs: startedAtMs },
      list: [attempt],
    }
  })
}

function wholeEntry(form: WireForm, { o, t, k, y, s, w, h, x, n, f, a }: WireEntry): LogEntry {
  return {
    ...{ offset: o, atMs: t, key: k, type: wordOf(form.y, y), state: s, because: w, behind: h, nextAttemptAtMs: x },
    ...{ attempts: n, firstAttemptAtMs: f, list: a.map((attempt) => wholeAttempt(form, attempt)) },
  }
}

function wholeAttempt(form: WireForm, { n, t, u, d, c, w, s, m, h, b, r, q = false }: WireAttempt): LoggedAttempt {
  return {
    ...{ number: n, atMs: t, url: wordOf(form.u, u) ?? '', decision: d, code: c, detail: w, status: s },
    ...{ timingsMs: timingsOf(m), head: h, body: b, isTruncated: r, isCompared: q },
  }
}

function comparisonOf(form: WireForm, wire: WireComparison): LoggedComparison {
  const { o, n, t, u, k } = wire
  const comparison: Comparison =
    k === 'mismatch' ? { kind: k, primary: sideOf(wire.p), other: sideOf(wire.s) } : { kind: k }
  return { offset: o, number: n, atMs: t, url: wordOf(form.u, u), comparison }
}

const sideOf = ([status, bodySha256, bodyBytes]: readonly [number, string, number]): Side => ({
  ...{ status, bodySha256, bodyBytes },
})

type Tenths = readonly [number, number, number, number, number]

function timingsOf([dns, connect, tls, firstByte, total]: Tenths): LoggedAttempt['timingsMs'] {
  return {
    ...{ dns: dns / 10, connect: connect / 10, tls: tls / 10, total: total / 10 },
    firstByte: firstByte < 0 ? null : firstByte / 10,
  }
}

const wordOf = (words: readonly (string | null)[], at: number): string | null => words[at] ?? null

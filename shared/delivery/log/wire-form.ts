import { type Static, Type } from 'typebox'

/**
 * The value of a record of the attempts topic, as JSON before compression. Names are one letter because thousands of
 * entries stand in one record; a reader that does not know `v` reads nothing of it.
 */
export const formatVersion = 1

const integer = Type.Integer()
const integerOrNull = Type.Union([Type.Integer(), Type.Null()])
const textOrNull = Type.Union([Type.String(), Type.Null()])

const wireAttempt = Type.Object({
  n: Type.Integer(),
  t: Type.Number(),
  u: Type.Integer(),
  d: Type.Enum(['delivered', 'retry', 'target-waits', 'target-gone', 'dead-letter']),
  c: Type.String(),
  w: Type.String(),
  s: integerOrNull,
  /** dns, connect, tls, first byte (-1: none), total: tenths of a millisecond. */
  m: Type.Tuple([integer, integer, integer, integer, integer]),
  h: Type.Record(Type.String(), Type.Union([Type.String(), Type.Array(Type.String())])),
  b: textOrNull,
  r: Type.Boolean(),
  /** It is compared; absent where it is not. */
  q: Type.Optional(Type.Boolean()),
})

const wireEntry = Type.Object({
  o: Type.Integer(),
  t: Type.Number(),
  k: textOrNull,
  y: Type.Integer(),
  s: Type.Enum(['delivered', 'retrying', 'queued', 'waiting', 'dead-lettered', 'discarded']),
  w: Type.String(),
  h: integerOrNull,
  x: Type.Union([Type.Number(), Type.Null()]),
  n: Type.Integer(),
  f: Type.Union([Type.Number(), Type.Null()]),
  a: Type.Array(wireAttempt),
})

const numbers = Type.Array(Type.Number())

/** First-try successes: a row of every column is one delivery. */
const columns = Type.Object({
  offset: numbers,
  /** Ms after the base. */
  at: numbers,
  /** Ms before `at`. */
  started: numbers,
  total: numbers,
  /** -1: none. */
  firstByte: numbers,
  status: numbers,
  url: numbers,
  type: numbers,
  key: Type.Array(textOrNull),
  /** Of those few that made a connection: row, dns, connect, tls. */
  dials: Type.Array(Type.Tuple([integer, integer, integer, integer])),
  /** Rows that are compared. */
  compared: Type.Optional(numbers),
})

/** Status, SHA-256 of the body, its bytes. */
const wireSide = Type.Tuple([integer, Type.String(), integer])

const compared = { o: integer, n: integer, t: Type.Number(), u: integer }

const wireComparison = Type.Union([
  Type.Object({ ...compared, k: Type.Enum(['match', 'unanswered', 'skipped']) }),
  /** The first target's answer and the second one's. */
  Type.Object({ ...compared, k: Type.Literal('mismatch'), p: wireSide, s: wireSide }),
])

/** From, to, when. */
const ranges = Type.Array(Type.Tuple([Type.Number(), Type.Number(), Type.Number()]))

export const wireForm = Type.Object({
  v: Type.Literal(formatVersion),
  i: Type.String(),
  j: textOrNull,
  /** Wall clock ms that the times of the columns count from. */
  b: Type.Number(),
  u: Type.Array(textOrNull),
  y: Type.Array(textOrNull),
  s: columns,
  e: Type.Array(wireEntry),
  /** What retention took. */
  x: ranges,
  /** What an operator passed over; absent where that is nothing. */
  k: Type.Optional(ranges),
  /** Absent where nothing is compared, as in all records of before there were comparisons. */
  q: Type.Optional(Type.Array(wireComparison)),
})

export type WireForm = Static<typeof wireForm>
export type WireEntry = Static<typeof wireEntry>
export type WireAttempt = Static<typeof wireAttempt>
export type WireComparison = Static<typeof wireComparison>

export type Columns = Static<typeof columns>

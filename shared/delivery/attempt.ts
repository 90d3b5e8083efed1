import type { Payload } from '#shared/event/binary-payload.ts'
import type { EventDescription } from '#shared/event/describe.ts'
import type { StoredRecord } from '#shared/event/record.ts'
import type { Signing } from './signature.ts'

/** One HTTP request of a delivery, before it is made. */
export type AttemptRequest = {
  url: string
  record: StoredRecord
  /** What the record says; without it, it is described again. */
  event?: EventDescription
  /** What is sent in place of the record's value and content type; absent: the record as it was published. */
  payload?: Payload
  /** The stream of the record; `defaultType` names events that carry no CloudEvents type. */
  stream: { name: string; defaultType: string | null }
  subscription: { name: string; uid: string }
  webhookId: string
  /** The schemes it is signed with, and all stored secrets; those that are still valid sign. */
  signing: Signing
  /** 1 for the first attempt. */
  number: number
  firstAttemptAtMs: number
  /** The key as the receiver is told it; null for none. */
  key: string | null
  /** The job that replays or redrives this event. */
  replay: string | null
}

/** Ms from the start of the attempt; `dns`, `connect` and `tls` are durations of their own, 0 on a reused connection. */
export type Timings = { dns: number; connect: number; tls: number; firstByte: number | null; total: number }

/** Response header names in lower case. */
export type ResponseHead = Readonly<Record<string, string | string[] | undefined>>

/** The receiver answered: the status line counts, whatever became of the body. */
export type Answer = {
  kind: 'answer'
  status: number
  headers: ResponseHead
  /** At most 64 KiB. */
  body: Buffer
  /** The body was longer, came too slowly or broke off. */
  truncated: boolean
  timingsMs: Timings
}

/** Where an attempt without an answer ended. */
export type FailureStage = 'dns' | 'connect' | 'tls' | 'egress' | 'timeout' | 'io'

/** Why an attempt has no answer. Few and stable: label of metrics, `code` of attempts and dead letters. */
export type FailureCode =
  | 'dns-not-found'
  | 'dns-failed'
  | 'connect-refused'
  | 'connect-reset'
  | 'connect-unreachable'
  | 'connect-failed'
  | 'connect-timeout'
  | 'tls-certificate'
  | 'tls-failed'
  | 'tls-client-certificate'
  | 'egress-refused'
  | 'first-byte-timeout'
  | 'io-reset'
  | 'io-closed'
  | 'io-response-invalid'
  | 'io-response-head-too-large'
  | 'io-failed'
  | 'aborted'

/** The attempt ended without an answer. After `timeout` and `io` nobody knows whether the receiver took the event. */
export type Failure = {
  kind: 'failure'
  stage: FailureStage
  code: FailureCode
  /** A few words for people, for example `connect ECONNREFUSED`. */
  detail: string
  timingsMs: Timings
}

export type AttemptResult = Answer | Failure

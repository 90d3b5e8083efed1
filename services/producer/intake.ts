import type { IncomingMessage } from 'node:http'
import { TailraceError } from '#shared/errors.ts'
import { requestForm } from '#shared/event/form.ts'
import { type ContentEncoding, contentEncodingOf, expandBody } from '#shared/http/content-encoding.ts'
import { type BodyLimits, readBody } from '#shared/http/read-body.ts'
import type { Limits } from '#shared/limits.ts'
import { announcedBytes, type Hold, holdFor, type InFlight } from './in-flight.ts'

/** What the headers of a publish say about its body, and the room it takes. */
export type Intake = {
  form: 'single' | 'batch' | 'lines'
  encoding: ContentEncoding | null
  hold: Hold
}

/** Judges the headers of a publish: what they alone decide is refused before the body is read. Release the hold at the end. */
export function beginIntake({ headers }: IncomingMessage, inFlight: InFlight, limits: Limits): Intake {
  const encoding = contentEncodingOf(headers['content-encoding'])
  const form = requestForm(headers)
  const { limitBytes, tooLarge } = sentLimits({ form, encoding }, limits)
  if (Number(headers['content-length'] ?? 0) > limitBytes) throw tooLarge()
  return { form, encoding, hold: holdFor(inFlight, announcedBytes(headers, limitBytes)) }
}

type Done = (error: Error | null, body?: Buffer) => void

/** The body of a publish, expanded, within its limits and its hold. */
export function readIntake(body: IncomingMessage, intake: Intake, limits: Limits, done: Done): void {
  const { encoding, hold } = intake
  const sent = { ...sentLimits(intake, limits), received: hold.atLeast }
  readBody(body, sent, (error, bytes) => {
    if (bytes === undefined || encoding === null) {
      done(error, bytes)
      return
    }
    const received = (length: number) => hold.atLeast(bytes.length + length)
    expandBody(bytes, encoding, { ...expandedLimits(intake, limits), received }).then(
      (expanded) => done(null, expanded),
      (refusal: Error) => done(refusal),
    )
  })
}

/** One event keeps to its own limit, compressed or not; a compressed one may be as long as any request before. */
function sentLimits({ form, encoding }: Omit<Intake, 'hold'>, limits: Limits): BodyLimits {
  if (form === 'single' && encoding === null) return eventLimits(limits)
  return requestLimits(limits.TAILRACE_LIMIT_REQUEST_BYTES, 'TAILRACE_LIMIT_REQUEST_BYTES')
}

function expandedLimits({ form }: Intake, limits: Limits): BodyLimits {
  if (form === 'single') return eventLimits(limits)
  return requestLimits(limits.TAILRACE_LIMIT_EXPANDED_BYTES, 'TAILRACE_LIMIT_EXPANDED_BYTES')
}

function eventLimits({ TAILRACE_LIMIT_EVENT_BYTES: limitBytes }: Limits): BodyLimits {
  const detail = `An event has at most ${limitBytes} bytes (TAILRACE_LIMIT_EVENT_BYTES).`
  return { limitBytes, tooLarge: () => new TailraceError('event-too-large', detail) }
}

function requestLimits(limitBytes: number, setting: keyof Limits): BodyLimits {
  const detail = `A request body has at most ${limitBytes} bytes${setting.includes('EXPANDED') ? ' after decompression' : ''} (${setting}).`
  return { limitBytes, tooLarge: () => new TailraceError('request-too-large', detail) }
}
